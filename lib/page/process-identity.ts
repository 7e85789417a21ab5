import { existsSync, readFileSync, readlinkSync } from 'node:fs';

/** A process for as long as it lives: pids come round again, a pid with its start time does not. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot (`/proc/PID/stat`, field 22); 0n where the system does not tell. */
  startTime: bigint;
  /**
   * The system's number of the one thread that is meant, where one is: threads of one process are as much beside each
   * other as processes are, and a worker may end without its process.
   */
  thread?: number | undefined;
}

export function processIdentity(pid: number = process.pid): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) || 0n };
}

/** This process, and of it the thread that asks; without the thread where the system does not tell it. */
export function threadIdentity(): ProcessIdentity {
  return { ...processIdentity(), thread: threadHere() };
}

/** Whether both are one thread. Where one of them does not say its thread, it is taken for the other's. */
export function isSameThread(a: ProcessIdentity, b: ProcessIdentity): boolean {
  const sameProcess = a.pid === b.pid && (a.startTime === b.startTime || a.startTime === 0n || b.startTime === 0n);
  return sameProcess && (a.thread === undefined || b.thread === undefined || a.thread === b.thread);
}

/** Whether that very process still runs, and the thread where one is named. */
export function isAlive({ pid, startTime, thread }: ProcessIdentity): boolean {
  if (pid <= 0) return false; // to kill(), these are groups of processes
  if (thread !== undefined && existsSync(`/proc/${pid}/task`) && !existsSync(`/proc/${pid}/task/${thread}`))
    return false;
  const now = startTimeOf(pid);
  if (now === ENDED) return false;
  if (now !== undefined && startTime !== 0n) return now === startTime;
  try {
    process.kill(pid, 0);
    return true;
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** `/proc/thread-self` leads to PID/task/THREAD, and the worker_threads' own number is nothing that /proc knows. */
function threadHere(): number | undefined {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    return thread > 0 ? thread : undefined;
  } catch {
    return undefined;
  }
}

/** A zombie: it has no memory left and will never answer, and yet can be signalled. */
const ENDED = false;

/** `undefined` where the system does not tell. */
function startTimeOf(pid: number): bigint | typeof ENDED | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold anything, so fields are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    return state === 'Z' || state === 'X' ? ENDED : BigInt(fields[19]!);
  } catch {
    return undefined;
  }
}
