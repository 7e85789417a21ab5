import { randomBytes } from 'node:crypto';
import { Machine } from '../machine/machine.ts';
import type { LostEvents, MachineEvent } from '../machine/operations.ts';
import { chooseEngine } from '../page/choose-engine.ts';
import { keepFromWarning } from '../page/file-engine-warning.ts';
import { EXIT_FAILED } from './failure.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { messagesCommand } from './messages.ts';
import { paint, writeJSON, writeLine } from './output.ts';
import { DRIVER, type Scene, Story, type Telling } from './story.ts';
import { lostLine, Timeline } from './timeline.ts';

export interface DemoOptions {
  json?: boolean;
}

/** A machine's life, every message as it happens, then the engines against each other. */
export async function demoCommand({ json = false }: DemoOptions, lifetime: Lifetime): Promise<number> {
  keepFromWarning();
  const { engine, why } = chooseEngine('auto');
  if (engine !== 'native') {
    const sentence = `domains with memory and devices need the native engine (${why}); here are all messages, by pure JS`;
    if (!json) await writeLine(`${sentence}\n`);
    return messagesCommand({ engine, json }, lifetime);
  }
  const scenes = await play(json, lifetime.endInOrder());
  if (!scenes?.every(({ happened }) => happened)) return EXIT_FAILED;
  return messagesCommand({ engine: 'auto', json, show: 'comparison' }, lifetime);
}

/** Undefined when it was interrupted. Nothing is left of the machine, however it ends. */
async function play(json: boolean, ending: AbortSignal): Promise<Scene[] | undefined> {
  const name = `demo-${process.pid}-${randomBytes(3).toString('hex')}`;
  const machine = await Machine.start({ name, driver: DRIVER });
  try {
    const story = new Story(machine, json ? new JSONTelling() : new Narration(new Timeline(await machine.list())));
    return await Promise.race([story.tell(), fired(ending).then(() => undefined)]);
  } finally {
    await machine.close();
  }
}

const crash = (pid: number) => void process.kill(pid, 'SIGKILL');

class JSONTelling implements Telling {
  readonly crash = crash;

  event(event: MachineEvent | LostEvents): void {
    void writeJSON({ event });
  }

  began(): void {}

  ended(scene: Scene): void {
    void writeJSON({ scene });
  }
}

class Narration implements Telling {
  readonly crash = crash;
  readonly #timeline: Timeline;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  event(event: MachineEvent | LostEvents): void {
    void writeLine(event.kind === 'lost' ? paint('red', lostLine(event.count)) : this.#timeline.line(event));
  }

  began(title: string): void {
    void writeLine(`\n${paint('bold', title)}`);
  }

  ended({ happened, detail, milliseconds }: Scene): void {
    const mark = happened ? paint('green', 'done') : paint('red', 'did not happen');
    void writeLine(`${mark} in ${milliseconds.toFixed(0)} ms: ${detail}`);
  }
}
