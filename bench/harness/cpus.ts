/** Which two CPUs the sides of a trial are pinned to. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { twoCores } from '#dist/cli/placement.js';
import { allowedProcessors } from '#dist/link/wait/processors.js';

export interface Pinning {
  /** CPUs that this process may use. */
  readonly available: number;
  readonly cpus: readonly [number, number] | undefined;
  /** Said to people where there is no pinning. */
  readonly why?: string;
}

export function choosePinning(): Pinning {
  const allowed = allowedProcessors({ pid: process.pid });
  const available = allowed?.length ?? availableParallelism();
  const unpinned = (why: string): Pinning => ({ available, cpus: undefined, why });
  if (available < 2) return unpinned('there is one core only');
  if (spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status !== 0) {
    return unpinned('there is no taskset (Debian: apt-get install util-linux)');
  }
  if (!allowed) return unpinned('the system does not say which cores there are');
  return { available, cpus: twoCores(allowed) };
}
