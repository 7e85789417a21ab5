/** The two ways to have a second side, as one: a forked process, or a worker thread. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { type Transferable, Worker } from 'node:worker_threads';
import { isThreaded, type Job } from './job.ts';
import { MessageQueue } from './message-queue.ts';
import { startProgram } from './second-process.ts';

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

export function startPeer(job: Job): Peer {
  return isThreaded(job) ? startThread(job) : startProcess(job);
}

function startProcess(job: Job): Peer {
  const { child, queue, dismiss } = startProgram('back', job, job.cpus?.[1], { serialization: job.serialization });
  return {
    child,
    send: (value) => child.send(value as object),
    receive: () => queue.receive(),
    detach: () => queue.detach(),
    deliver: queue.deliver,
    ensureAlive() {
      if (isGone(child.pid!)) throw new Error('the answering process ended early');
    },
    dismiss,
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
