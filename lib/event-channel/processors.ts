import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Whether process `pid` can run while this one does: not when it is this one, and not when both may use one and the
 * same CPU only. Who cannot be waited for by looking is waited for by sleeping.
 */
export function runsBeside(pid: number): boolean {
  if (pid === process.pid) return false;
  const own = allowedProcessors('self');
  const peer = allowedProcessors(pid);
  // Where the system does not tell, both are taken to have the same processors.
  if (!own || !peer) return availableParallelism() > 1;
  return new Set([...own, ...peer]).size > 1;
}

/** The processors that a process may run on, from its `Cpus_allowed_list` ("0-3,8"). */
function allowedProcessors(pid: number | 'self'): number[] | undefined {
  try {
    const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))!;
    return list!.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
    });
  } catch {
    return undefined;
  }
}
