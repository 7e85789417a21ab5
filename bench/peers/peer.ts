/** The other side of a trial, a process or a thread, as one; and how a program that starts some prints its figures. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Channel } from './channel.ts';
import { isThreaded, type Job } from './job.ts';

/** How long a process may take to end when its channel is closed. */
const LONGEST_END_MS = 2000;
/** Processes that still run. */
const running = new Set<Peer>();

/** Its early end is the end of this process. */
export class Peer extends Channel {
  readonly #what: string;
  readonly #side: ChildProcess | Worker;
  #dismissed = false;

  constructor(side: ChildProcess | Worker, what: string) {
    super(side);
    this.#side = side;
    this.#what = what;
    side.on('error', (error: Error) => fail(`${what} failed: ${error.stack ?? error}`));
    side.on('exit', (code: number, signal?: string) => {
      running.delete(this);
      if (!this.#dismissed) fail(`${what} ended early (${signal ?? `exit code ${code}`})`);
    });
    if (!(side instanceof Worker)) running.add(this);
  }

  /** Undefined for a thread. */
  get child(): ChildProcess | undefined {
    return this.#side instanceof Worker ? undefined : this.#side;
  }

  /** Throws when the other side is known to be gone: for who spins and so hears of nothing. */
  ensureAlive(): void {
    if (this.child && isGone(this.child.pid!)) throw new Error(`${this.#what} ended early`);
  }

  /** Its end is no surprise any more. */
  dismiss(): void {
    this.#dismissed = true;
  }

  /** Closes the channel of a process and waits until it has ended. */
  async end(): Promise<void> {
    const { child } = this;
    if (!child) return;
    this.dismiss();
    const exited = once(child, 'exit');
    if (child.connected) child.disconnect();
    const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_END_MS);
    await exited;
    clearTimeout(late);
  }
}

/** The answering side of a transport. */
export function startPeer(job: Job): Peer {
  if (!isThreaded(job)) return startProgram('back', job, job.cpus?.[1], { serialization: job.serialization });
  const thread = new Peer(new Worker(fileOf('back'), { workerData: job }), 'the answering thread');
  if (job.cpus) pinThisThread(job.cpus[0]);
  return thread;
}

interface ProgramOptions {
  /** For node. */
  readonly flags?: readonly string[];
  readonly serialization?: Job['serialization'];
}

/** Starts a program of this directory with `job`, on `cpu` where that is given. */
export function startProgram(program: string, job: object, cpu?: number, options: ProgramOptions = {}): Peer {
  const { flags = [], serialization = 'json' } = options;
  const child = fork(fileOf(program), [JSON.stringify(job)], {
    // taskset replaces itself by node, which then has the channel's descriptor as if it had been forked.
    ...(cpu === undefined
      ? { execArgv: [...flags] }
      : { execPath: 'taskset', execArgv: ['-c', String(cpu), process.execPath, ...flags] }),
    serialization,
    // stdout is this process's own to give figures on; whatever the other says is for people.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  return new Peer(child, `the process of ${program}`);
}

/** The job of this program: a worker has it as its data. */
export const jobOfProgram = <T>(): T => JSON.parse(process.argv[2] ?? '{}');

/**
 * Runs a program that measures: prints what `work` gives as JSON, or what went wrong and exit code 1. It ends after those
 * that it started: the system adds the CPU time of a process to its parent's when it ends, so the harness can tell what
 * the trial took from what others took.
 */
export async function printFigures<T>(work: (job: T) => Promise<unknown>): Promise<void> {
  try {
    const figures = await work(jobOfProgram());
    await Promise.all([...running].map((peer) => peer.end()));
    process.stdout.write(JSON.stringify(figures), () => process.exit(0));
  } catch (error) {
    console.error((error as Error).stack ?? error);
    // What the other side has to say about it may still be on its way.
    setTimeout(() => process.exit(1), 200);
  }
}

/** Not the whole process: its other threads stay where they are. */
export function pinThisThread(cpu: number): void {
  const thread = readlinkSync('/proc/thread-self').split('/').at(-1)!;
  execFileSync('taskset', ['-c', '-p', String(cpu), thread], { stdio: ['ignore', 'ignore', 'inherit'] });
}

const fileOf = (program: string) => fileURLToPath(new URL(`./${program}.js`, import.meta.url));

/** A child that died stays visible as a zombie until the event loop has taken note of it. */
function isGone(pid: number): boolean {
  try {
    return /^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return true;
  }
}

function fail(why: string): never {
  console.error(why);
  process.exit(1);
}
