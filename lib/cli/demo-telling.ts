/** How the demo is told: to a person step by step or message by message, to a program as JSON. */
import type { LostEvents, MachineEvent } from '../machine/operations.ts';
import { Progress, paint, wrapped, writeJSON, writeLine } from './output.ts';
import type { Scene, Telling } from './story.ts';
import { lostLine, type Timeline } from './timeline.ts';

/** Of the messages before a step that did not happen. */
const TAIL = 20;
/** The columns before what a step is. */
const MARGIN = 17;

const crash = (pid: number) => void process.kill(pid, 'SIGKILL');

export class JSONTelling implements Telling {
  readonly crash = crash;

  event(event: MachineEvent | LostEvents): void {
    void writeJSON({ event });
  }

  began(): void {}

  ended(scene: Scene): void {
    void writeJSON({ scene });
  }
}

export interface NarrationOptions {
  timeline: Timeline;
  /** Whether every message is told as it happens. */
  messages: boolean;
  tell?: (line: string) => void;
}

/** A line a step; the messages with it on demand, and the last of them after a step that did not happen. */
export class Narration implements Telling {
  crash = crash;
  readonly #timeline: Timeline;
  readonly #messages: boolean;
  readonly #tell: (line: string) => void;
  readonly #progress: Progress;
  readonly #tail: string[] = [];

  constructor({ timeline, messages, tell = (line) => void writeLine(line) }: NarrationOptions) {
    this.#timeline = timeline;
    this.#messages = messages;
    this.#tell = tell;
    this.#progress = new Progress(!messages);
  }

  event(event: MachineEvent | LostEvents): void {
    // Also when it is not shown: it names the domains of those that are.
    const line = event.kind === 'lost' ? paint('red', lostLine(event.count)) : this.#timeline.line(event);
    if (this.#messages) this.#tell(line);
    else if (this.#tail.push(line) > TAIL) this.#tail.shift();
  }

  began(title: string): void {
    if (this.#messages) this.#tell(`\n${paint('bold', title)}`);
    else this.#progress.show(`${' '.repeat(MARGIN)}${title} ...`);
  }

  ended({ title, happened, detail, milliseconds }: Scene): void {
    this.#progress.clear();
    const [mark, style] = happened ? (['ok', 'green'] as const) : (['FAILED', 'red'] as const);
    const [first = '', ...more] = wrapped(`${title}: ${detail}`, MARGIN);
    const time = `${milliseconds.toFixed(0)} ms`.padStart(MARGIN - 8);
    this.#tell(`${paint(style, mark.padEnd(6))}${time}  ${first.slice(MARGIN)}`);
    for (const line of more) this.#tell(line);
    if (happened || this.#messages) return;
    this.#tell('');
    this.#tell(`the last ${this.#tail.length} messages before that, the newest last:`);
    for (const line of this.#tail) this.#tell(line);
  }
}
