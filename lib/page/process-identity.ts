import { readFileSync } from 'node:fs';

/** A process for as long as it lives: pids come round again, a pid with its start time does not. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot (`/proc/PID/stat`, field 22); 0n where the system does not tell. */
  startTime: bigint;
}

export function processIdentity(pid: number = process.pid): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) || 0n };
}

/** Whether that very process still runs. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  if (pid <= 0) return false; // to kill(), these are groups of processes
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
