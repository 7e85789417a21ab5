import { randomBytes } from 'node:crypto';
import { type ChosenEngine, chooseEngine } from '../page/choose-engine.ts';
import { keepFromWarning } from '../page/file-engine-warning.ts';
import { SEED_MESSAGES } from '../wire/index.ts';
import { compareWith } from './comparison.ts';
import { comparisonLines, comparisonToJSON } from './comparison-report.ts';
import { withDisks } from './demo-disks.ts';
import { JSONReporter, TextReporter } from './demo-reporter.ts';
import { exchangeAll, identicalMessages, rowsTable, rowToJSON, verdict } from './exchange.ts';
import { EXIT_FAILED, errorLine } from './failure.ts';
import { invocation } from './invocation.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { startMachine } from './machine.ts';
import { Progress, paint, TEXT_WIDTH, wrapped, writeJSON, writeLine } from './output.ts';
import { type SecondProcess, withSecondProcess } from './second-process.ts';
import { DISKS, DRIVER, type Step, Scenario } from './scenario.ts';
import { Timeline } from './timeline.ts';

export interface DemoOptions {
  json?: boolean;
  /** Each message is shown when it is sent. */
  messages?: boolean;
}

const WHAT = `ctrl-if connects Node.js processes through a page of shared memory: typed messages with answers,
  and a notification when a process dies.`;
const FOR_WHOM = `It is for programs whose processes exchange small messages often, and for people who study how the
  guests of a virtual machine share its devices.`;

type NextCommands = readonly (readonly [command: string, what: string])[];
const NEXT: NextCommands = [
  ['demo --messages', 'this demo again, with every message'],
  ['doctor --exchange', 'send all 42 messages, compare each byte'],
  ['machine', 'then in another terminal: create --domain web'],
];
const NEXT_IN_PURE_JS: NextCommands = [
  ['doctor', 'what the native engine needs here'],
  ['doctor --exchange', 'send all 42 messages, compare each byte'],
  ['controller', 'then in another terminal: guest'],
];

/** Runs the scenario on a machine, then compares the engines with a Unix socket and process.send. */
export async function demoCommand(
  { json = false, messages = false }: DemoOptions,
  lifetime: Lifetime,
): Promise<number> {
  keepFromWarning();
  const chosen = chooseEngine('auto');
  const { engine, why } = chosen;
  const isNative = engine === 'native';
  const now = isNative
    ? 'This demo runs a machine of three processes, a driver domain and two guests, kills the driver domain, and then times a message.'
    : `A machine needs the native engine, so this demo sends all 42 messages of one between two processes in pure JS (${why}), and then times one.`;
  if (!json) await writeLine(`${wrapped(`${WHAT} ${FOR_WHOM} ${now}`).join('\n')}\n`);
  const interrupted = lifetime.endInOrder();
  if (isNative) {
    const steps = await runScenario(json, messages, interrupted);
    if (!steps) return EXIT_FAILED;
    const failed = steps.find(({ happened }) => !happened);
    if (failed) return printFailure(failed);
    if (!json) await writeLine('');
  }
  const done = await withSecondProcess(interrupted, async (second) => {
    const exchanged = isNative ? {} : await exchange(second, chosen, { json, messages });
    const { comparison, whyOne } = await compareWith(second, chosen, new Progress(!json));
    if (json) await writeJSON({ ...exchanged, comparison: comparisonToJSON(comparison, whyOne) });
    else await writeLine(comparisonLines(comparison, whyOne).join('\n'));
    return exchanged.ok ?? true;
  });
  if (!done) return EXIT_FAILED;
  if (!json) await writeLine(nextCommands(isNative ? NEXT : NEXT_IN_PURE_JS));
  return 0;
}

/** Without a machine: sends all messages. Shows the verdict, and all rows with `messages` or the wrong ones. */
async function exchange(
  second: SecondProcess,
  { engine, why }: ChosenEngine,
  { json, messages }: Required<DemoOptions>,
): Promise<{ ok?: boolean; [fact: string]: unknown }> {
  const rows = await exchangeAll(await second.link(engine), second);
  const ok = identicalMessages(rows) === SEED_MESSAGES.length;
  const shown = rows.filter(({ wrong }) => messages || wrong !== undefined);
  if (!json) await writeLine([...(shown.length > 0 ? [...rowsTable(shown), ''] : []), verdict(rows), ''].join('\n'));
  return json ? { ok, engine, why, messages: rows.map(rowToJSON) } : { ok };
}

/** Undefined when it was interrupted. The machine is always closed. */
async function runScenario(json: boolean, messages: boolean, ending: AbortSignal): Promise<Step[] | undefined> {
  const name = `demo-${process.pid}-${randomBytes(3).toString('hex')}`;
  return withDisks(DISKS, async (disks) => {
    const machine = await startMachine({ name, driver: DRIVER });
    try {
      const reporter = json
        ? new JSONReporter()
        : new TextReporter({ timeline: new Timeline(await machine.list()), messages });
      const scenario = new Scenario({ machine, reporter, disks });
      return await Promise.race([scenario.run(), fired(ending).then(() => undefined)]);
    } finally {
      await machine.close();
    }
  });
}

function printFailure({ title, code = 'ERR_CTRL_IF_MACHINE' }: Step): number {
  const sentence = `the demo ended at the step '${title}', which failed; run ${invocation()} doctor to check this machine`;
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
