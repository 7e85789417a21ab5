/** Counts system calls in strace's log. */
import { spawnSync } from 'node:child_process';
import { TRACE_BEGIN, TRACE_END } from '../peers/samples.ts';

/**
 * Calls of all processes in the log, from the marker to the marker. `strace -c` would add what starting two Nodes takes,
 * some two thousand calls, to every figure; so it is the log that is counted, and those are left out.
 */
export function countCalls(log: string): number {
  const lines = log.split('\n');
  const begin = lines.findIndex((line) => line.includes(TRACE_BEGIN));
  const end = lines.findIndex((line) => line.includes(TRACE_END));
  if (begin < 0 || end < begin) throw new Error('strace saw no markers');
  return lines.slice(begin + 1, end).filter(isCall).length;
}

/** A call that another interrupted has a second line, "<... read resumed>"; signals and exits are no calls. */
function isCall(line: string): boolean {
  return /^\d+ +[a-z_0-9]+\(/.test(line);
}

/** Why calls cannot be counted here, or undefined. */
export function whyNoSyscalls(): string | undefined {
  const { error, status, stderr } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error) return 'there is no strace (Debian: apt-get install strace)';
  return status === 0 ? undefined : `strace does not work here: ${stderr.trim().split('\n')[0]}`;
}
