/** The two ways to have a second side, as one: a forked process, or a worker thread. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Transferable, Worker } from 'node:worker_threads';
import { isThreaded, type Job } from './job.ts';

const BACK = new URL('./back.js', import.meta.url);

/** A place to say and to hear what is needed before and after the messages that are measured. */
export interface Port {
  send(value: unknown, transfer?: readonly Transferable[]): void;
  receive(): Promise<unknown>;
  /** From now on whoever opened it listens by itself: what is measured may be this very channel. */
  detach(): void;
}

/** The front's hold on the other side. */
export interface Peer extends Port {
  readonly child: ChildProcess | undefined;
  /** Puts a message in line for {@link Port.receive}: for who has detached it and hears what was not meant for them. */
  deliver(value: unknown): void;
  /** Throws when the other side is known to be gone: for who spins and so hears of nothing. */
  ensureAlive(): void;
  /** Its death is no surprise any more. */
  dismiss(): void;
}

interface Emitter {
  on(event: 'message', listener: (value: unknown) => void): unknown;
  off(event: 'message', listener: (value: unknown) => void): unknown;
}

/** Queues what comes until it is asked for. */
export class MessageQueue {
  readonly #emitter: Emitter;
  readonly #arrived: unknown[] = [];
  readonly #waiting: ((value: unknown) => void)[] = [];

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
    emitter.on('message', this.deliver);
  }

  receive(): Promise<unknown> {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  detach(): void {
    this.#emitter.off('message', this.deliver);
  }

  readonly deliver = (value: unknown): void => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#arrived.push(value);
  };
}

export function startPeer(job: Job): Peer {
  return isThreaded(job) ? startThread(job) : startProcess(job);
}

function startProcess(job: Job): Peer {
  const { cpus } = job;
  const child = fork(fileURLToPath(BACK), [JSON.stringify(job)], {
    // taskset replaces itself by node, which then has the channel's descriptor as if it had been forked.
    ...(cpus ? { execPath: 'taskset', execArgv: ['-c', String(cpus[1]), process.execPath] } : {}),
    serialization: job.serialization ?? 'json',
    // Its stdout is ours to give figures on; whatever it says is for people.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const queue = new MessageQueue(child);
  let dismissed = false;
  child.on('error', (error) => fail(`the answering process could not be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (!dismissed) fail(`the answering process ended early (${signal ?? `exit code ${code}`})`);
  });
  return {
    child,
    send: (value) => child.send(value as object),
    receive: () => queue.receive(),
    detach: () => queue.detach(),
    deliver: queue.deliver,
    ensureAlive() {
      if (isGone(child.pid!)) throw new Error('the answering process ended early');
    },
    dismiss: () => {
      dismissed = true;
    },
  };
}

function startThread(job: Job): Peer {
  const worker = new Worker(BACK, { workerData: job });
  const queue = new MessageQueue(worker);
  let dismissed = false;
  worker.on('error', (error) => fail(`the answering thread failed: ${error.stack ?? error}`));
  worker.on('exit', (code) => {
    if (!dismissed) fail(`the answering thread ended early (exit code ${code})`);
  });
  if (job.cpus) pinThisThread(job.cpus[0]);
  return {
    child: undefined,
    send: (value, transfer) => worker.postMessage(value, transfer ?? []),
    receive: () => queue.receive(),
    detach: () => queue.detach(),
    deliver: queue.deliver,
    ensureAlive() {},
    dismiss: () => {
      dismissed = true;
    },
  };
}

/** Not the whole process: its other threads stay where they are. */
export function pinThisThread(cpu: number): void {
  const thread = readlinkSync('/proc/thread-self').split('/').at(-1)!;
  execFileSync('taskset', ['-c', '-p', String(cpu), thread], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A child that died stays visible as a zombie until the event loop has taken note of it. */
function isGone(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
}

function fail(why: string): never {
  console.error(why);
  process.exit(1);
}
