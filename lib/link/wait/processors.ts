import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isSameThread, type ProcessIdentity, threadIdentity } from '../../page/process-identity.ts';

/**
 * Whether `peer` can run while this thread runs. It cannot when it is this thread, or when both may use only the same CPU. To wait
 * for such a peer, this side must sleep and not poll.
 */
export function runsBeside(peer: ProcessIdentity): boolean {
  const own = threadIdentity();
  if (isSameThread(own, peer)) return false;
  const processors = [allowedProcessors(own), allowedProcessors(peer)];
  // Where the system does not show the processors, both are taken to have the same.
  if (!processors[0] || !processors[1]) return availableParallelism() > 1;
  return new Set(processors.flat()).size > 1;
}

/** The processors that a thread may run on, from its `Cpus_allowed_list` ("0-3,8"). Threads of one process may differ. */
export function allowedProcessors({
  pid,
  thread = pid,
}: Pick<ProcessIdentity, 'pid' | 'thread'>): number[] | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1');
    const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)!;
    return list!.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
    });
  } catch {
    return undefined;
  }
}
