import { randomBytes } from 'node:crypto';
import { chooseEngine } from '../page/choose-engine.ts';
import { keepFromWarning } from '../page/file-engine-warning.ts';
import { withDisks } from './demo-disks.ts';
import { JSONTelling, Narration } from './demo-telling.ts';
import { EXIT_FAILED, errorLine } from './failure.ts';
import { invocation } from './invocation.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { startMachine } from './machine.ts';
import { messagesCommand } from './messages.ts';
import { paint, TEXT_WIDTH, wrapped, writeLine } from './output.ts';
import { DISKS, DRIVER, type Scene, Story } from './story.ts';
import { Timeline } from './timeline.ts';

export interface DemoOptions {
  json?: boolean;
  /** Every message as it happens. */
  messages?: boolean;
}

const WHAT = `ctrl-if connects Node.js processes through a page of shared memory: typed messages, each with its answer,
  and a process that dies is noticed at once.`;
const FOR_WHOM = `It is for programs whose processes exchange small messages often, and for people who study how the
  guests of a virtual machine share its devices.`;

type NextCommands = readonly (readonly [command: string, what: string])[];
const NEXT: NextCommands = [
  ['demo --messages', 'this again, with every message'],
  ['messages', 'all 42 messages across, byte by byte'],
  ['machine', 'in another terminal: create --domain web'],
];
const NEXT_IN_PURE_JS: NextCommands = [
  ['doctor', 'what the native engine needs here'],
  ['messages', 'all 42 messages across, byte by byte'],
  ['controller', 'in another terminal: guest'],
];

/** The life of a machine step by step, then the engines and what they replace against each other. */
export async function demoCommand(
  { json = false, messages = false }: DemoOptions,
  lifetime: Lifetime,
): Promise<number> {
  keepFromWarning();
  const { engine, why } = chooseEngine('auto');
  const isNative = engine === 'native';
  const now = isNative
    ? 'This demo starts such a machine, with a driver domain and two guests as processes, kills one of them, and then times a message.'
    : `This demo sends all 42 messages of such a machine between two processes in pure JS (${why}), for a machine itself needs the native engine, and then times one.`;
  if (!json) await writeLine(`${wrapped(`${WHAT} ${FOR_WHOM} ${now}`).join('\n')}\n`);
  if (isNative) {
    const scenes = await play(json, messages, lifetime.endInOrder());
    if (!scenes) return EXIT_FAILED;
    const failed = scenes.find(({ happened }) => !happened);
    if (failed) return tellFailure(failed);
    if (!json) await writeLine('');
  }
  const inPureJS = messages ? 'table' : 'verdict';
  const exitCode = await messagesCommand({ engine: 'auto', json, show: isNative ? 'comparison' : inPureJS }, lifetime);
  if (!json && exitCode === 0) await writeLine(nextCommands(isNative ? NEXT : NEXT_IN_PURE_JS));
  return exitCode;
}

/** Undefined when it was interrupted. Nothing is left of the machine, however it ends. */
async function play(json: boolean, messages: boolean, ending: AbortSignal): Promise<Scene[] | undefined> {
  const name = `demo-${process.pid}-${randomBytes(3).toString('hex')}`;
  return withDisks(DISKS, async (disks) => {
    const machine = await startMachine({ name, driver: DRIVER });
    try {
      const telling = json
        ? new JSONTelling()
        : new Narration({ timeline: new Timeline(await machine.list()), messages });
      const story = new Story(machine, telling, disks);
      return await Promise.race([story.tell(), fired(ending).then(() => undefined)]);
    } finally {
      await machine.close();
    }
  });
}

function tellFailure({ title, code = 'ERR_CTRL_IF_MACHINE' }: Scene): number {
  const sentence = `the demo ended where '${title}' did not happen; ${invocation()} doctor tries what it needs`;
  process.stderr.write(errorLine(sentence, code));
  return EXIT_FAILED;
}

function nextCommands(commands: NextCommands): string {
  const lines = commands.map(([command, what]) => [`  ${invocation()} ${command}`, what] as const);
  const width = Math.max(...lines.map(([command]) => command.length));
  const fits = lines.every(([, what]) => width + 4 + what.length <= TEXT_WIDTH);
  const shown = lines.map(([command, what]) =>
    fits ? `${paint('cyan', command.padEnd(width))}  # ${what}` : `  # ${what}\n${paint('cyan', command)}`,
  );
  return `\nTo try next:\n${shown.join('\n')}`;
}
