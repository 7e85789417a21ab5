/** What a process uses while nobody asks anything of it, seen from outside. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** CPU time, and context switches. */
export interface IdleFigures {
  cpuNs: number;
  switches: number;
}

/** For node: V8 collects in an idle process too, link or no link. */
export const QUIET = ['--expose-gc', '--no-memory-reducer'];

/** The sums of what the processes use in so many seconds, on their main threads, on which their event loops run. */
export async function idleFigures(pids: readonly number[], seconds: number): Promise<IdleFigures> {
  const before = used(pids);
  await sleep(seconds * 1000);
  const after = used(pids);
  return { cpuNs: after.cpuNs - before.cpuNs, switches: after.switches - before.switches };
}

function used(pids: readonly number[]): IdleFigures {
  const all = pids.map((pid) => {
    const [cpuNs] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
    const counts = readFileSync(`/proc/${pid}/status`, 'latin1').matchAll(/ctxt_switches:\s*(\d+)/g);
    return { cpuNs: Number(cpuNs), switches: [...counts].reduce((sum, [, count]) => sum + Number(count), 0) };
  });
  const sum = (figure: keyof IdleFigures) => all.reduce((total, one) => total + one[figure], 0);
  return { cpuNs: sum('cpuNs'), switches: sum('switches') };
}
