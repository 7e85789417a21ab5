import { existsSync, readFileSync, readlinkSync } from 'node:fs';

/** Identifies a process: a pid is used again after its process has ended, a pid with its start time is not. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot (`/proc/PID/stat`, field 22); 0n where the system does not provide it. */
  startTime: bigint;
  /**
   * The system's number of a thread, to identify one thread of the process: two domains may be threads of one process, and a
   * worker may end before its process.
   */
  thread?: number | undefined;
}

export function processIdentity(pid: number = process.pid): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) || 0n };
}

/** The calling thread of this process. `thread` is undefined where the system does not provide it. */
export function threadIdentity(): ProcessIdentity {
  return { ...processIdentity(), thread: threadHere() };
}

/** Whether both are the same thread. A missing `thread` or start time equals any. */
export function isSameThread(a: ProcessIdentity, b: ProcessIdentity): boolean {
  const sameProcess = a.pid === b.pid && (a.startTime === b.startTime || a.startTime === 0n || b.startTime === 0n);
  return sameProcess && (a.thread === undefined || b.thread === undefined || a.thread === b.thread);
}

/** Whether this process, and its thread if one is named, still runs. */
export function isAlive({ pid, startTime, thread }: ProcessIdentity): boolean {
  if (pid <= 0) return false; // kill() takes these for groups of processes
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

/** `/proc/thread-self` leads to PID/task/THREAD. /proc does not know the numbers of worker_threads. */
function threadHere(): number | undefined {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    return thread > 0 ? thread : undefined;
  } catch {
    return undefined;
  }
}

/** The process is a zombie: it can be signalled, but it has no memory and will never answer. */
const ENDED = false;

/** `undefined` where the system does not provide it. */
function startTimeOf(pid: number): bigint | typeof ENDED | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses, which may hold any character: count fields from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    return state === 'Z' || state === 'X' ? ENDED : BigInt(fields[19]!);
  } catch {
    return undefined;
  }
}
