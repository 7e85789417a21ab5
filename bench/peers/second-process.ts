/** A second process beside this one, running a program of this directory. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Job } from './job.ts';
import { MessageQueue } from './message-queue.ts';

/** How long a process may take to end when its channel is closed. */
const LONGEST_END_MS = 2000;
/** Those that {@link startProgram} started and that still run, with what makes their end expected. */
const running = new Map<ChildProcess, () => void>();

export interface SecondProcess {
  readonly child: ChildProcess;
  /** What it says. */
  readonly queue: MessageQueue;
  /** What it says next. */
  receive<T>(): Promise<T>;
  /** Its end is no surprise any more. */
  dismiss(): void;
}

/** Starts `program` with `job`, on `cpu` where that is given. Its early end is the end of this process. */
export function startProgram(
  program: string,
  job: unknown,
  cpu: number | undefined,
  { flags = [], serialization }: { flags?: readonly string[]; serialization?: Job['serialization'] } = {},
): SecondProcess {
  const file = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  const child = fork(file, [JSON.stringify(job)], {
    // taskset replaces itself by node, which then has the channel's descriptor as if it had been forked.
    ...(cpu === undefined
      ? { execArgv: [...flags] }
      : { execPath: 'taskset', execArgv: ['-c', String(cpu), process.execPath, ...flags] }),
    serialization: serialization ?? 'json',
    // stdout is this process's own to give figures on; whatever the other says is for people.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const queue = new MessageQueue(child);
  let dismissed = false;
  const fail = (why: string) => {
    console.error(why);
    process.exit(1);
  };
  const dismiss = () => {
    dismissed = true;
  };
  running.set(child, dismiss);
  child.on('error', (error) => fail(`${program} could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    running.delete(child);
    if (!dismissed) fail(`${program} ended early (${signal ?? `exit code ${code}`})`);
  });
  return {
    child,
    queue,
    receive: <T>() => queue.receive() as Promise<T>,
    dismiss,
  };
}

/**
 * Prints `figures` as JSON and ends this process, after those that it started. The system adds the CPU time of a process
 * to its parent's when it ends, so the harness can tell what the trial took from what others took.
 */
export async function conclude(figures: unknown): Promise<void> {
  await Promise.all([...running].map(([child, dismiss]) => ended(child, dismiss)));
  process.stdout.write(JSON.stringify(figures), () => process.exit(0));
}

async function ended(child: ChildProcess, dismiss: () => void): Promise<void> {
  dismiss();
  const exited = once(child, 'exit');
  if (child.connected) child.disconnect();
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_END_MS);
  await exited;
  clearTimeout(late);
}

/** Runs a peer program's front: prints what `work` gives as JSON, or what went wrong and exit code 1. */
export async function printFigures(work: () => Promise<unknown>): Promise<void> {
  try {
    await conclude(await work());
  } catch (error) {
    console.error((error as Error).stack ?? error);
    // What the other side has to say about it may still be on its way.
    setTimeout(() => process.exit(1), 200);
  }
}
