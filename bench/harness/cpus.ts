/** Which two CPUs the sides of a trial are pinned to. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export interface Pinning {
  /** CPUs that this process may use. */
  readonly available: number;
  readonly cpus: readonly [number, number] | undefined;
  /** Said to people where there is no pinning. */
  readonly why?: string;
}

export function choosePinning(): Pinning {
  const allowed = allowedCpus();
  const available = allowed?.length ?? availableParallelism();
  if (available < 2) return { available, cpus: undefined, why: 'there is one core only' };
  if (spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status !== 0) {
    return { available, cpus: undefined, why: 'there is no taskset (Debian: apt-get install util-linux)' };
  }
  if (!allowed) return { available, cpus: undefined, why: 'the system does not say which cores there are' };
  const [first, ...others] = allowed as [number, ...number[]];
  // Two threads of one core would share what is to be measured; any other is better.
  const second = others.find((cpu) => coreOf(cpu) !== coreOf(first)) ?? others[0]!;
  return { available, cpus: [first, second] };
}

/** "0-3,8" to its numbers. */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function allowedCpus(): number[] | undefined {
  try {
    const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return list ? parseCpuList(list) : undefined;
  } catch {
    return undefined;
  }
}

function coreOf(cpu: number): string {
  const topology = `/sys/devices/system/cpu/cpu${cpu}/topology`;
  try {
    const read = (name: string) => readFileSync(`${topology}/${name}`, 'latin1').trim();
    return `${read('physical_package_id')}.${read('core_id')}`;
  } catch {
    return String(cpu);
  }
}
