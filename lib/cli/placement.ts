/** The processors on which the two processes of a comparison run. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { allowedProcessors } from '../link/wait/processors.ts';

/** On two processors, on one, or where the system puts them. */
export type Placement = 'apart' | 'together' | 'free';

/** Moves the two processes, and restores the processors that they may use. */
export interface Placing {
  /** The placements that can be tried on this machine. */
  readonly placements: readonly Placement[];
  /** Why only `free` can be tried. */
  readonly why?: string;
  /** The processors that the processes may use. */
  readonly processors: readonly number[];
  place(placement: Placement): Promise<void>;
  restore(): Promise<void>;
}

/**
 * @param pids the two processes. Only their main threads are moved: the threads of the compiler and the garbage
 * collector may run elsewhere
 * @param order sorts processors, the best to use first
 */
export async function choosePlacing(
  pids: readonly [number, number],
  order: (processors: readonly number[]) => readonly number[] = (processors) => processors,
): Promise<Placing> {
  const allowed = pids.map((pid) => allowedProcessors({ pid }));
  const [own, peer] = allowed;
  const processors = own && peer ? own.filter((number) => peer.includes(number)) : [];
  if (!own || !peer) return freePlacing(processors, 'the system does not say which processors there are');
  if (processors.length < 2) return freePlacing(processors, 'there is only one processor for both processes');
  const pair = twoCores(order(processors));
  const pinned = new PinnedPlacing(pids, [own, peer], pair);
  try {
    await pinned.place('apart');
    return pinned;
  } catch (error) {
    await pinned.restore().catch(() => {});
    return freePlacing(processors, whyNot(error as NodeJS.ErrnoException));
  }
}

function freePlacing(processors: readonly number[], why: string): Placing {
  const nothing = () => Promise.resolve();
  return { placements: ['free'], why, processors, place: nothing, restore: nothing };
}

class PinnedPlacing implements Placing {
  readonly placements = ['apart', 'together'] as const;
  readonly processors: readonly [number, number];
  readonly #pids: readonly [number, number];
  readonly #allowed: readonly (readonly number[])[];

  constructor(
    pids: readonly [number, number],
    allowed: readonly (readonly number[])[],
    processors: readonly [number, number],
  ) {
    this.#pids = pids;
    this.#allowed = allowed;
    this.processors = processors;
  }

  async place(placement: Placement): Promise<void> {
    const [first, second] = this.processors;
    await this.#pin([[first], [placement === 'together' ? first : second]]);
  }

  async restore(): Promise<void> {
    await this.#pin(this.#allowed);
  }

  async #pin(processors: readonly (readonly number[])[]): Promise<void> {
    await Promise.all(this.#pids.map((pid, i) => pin(pid, processors[i]!)));
  }
}

/** taskset changes the processors of a running process. It comes with every distribution. */
function pin(pid: number, processors: readonly number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('taskset', ['-c', '-p', processors.join(','), String(pid)], (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

function whyNot({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT'
    ? 'there is no taskset (util-linux)'
    : `taskset failed (${message.trim().split('\n').at(-1)})`;
}

/** The first processor and the next one of another core: two threads of one core slow each other. */
export function twoCores(processors: readonly number[]): readonly [number, number] {
  const [first, ...others] = processors as [number, ...number[]];
  return [first, others.find((number) => coreOf(number) !== coreOf(first)) ?? others[0]!];
}

function coreOf(processor: number): string {
  const read = (name: string) =>
    readFileSync(`/sys/devices/system/cpu/cpu${processor}/topology/${name}`, 'latin1').trim();
  try {
    return `${read('physical_package_id')}.${read('core_id')}`;
  } catch {
    return String(processor);
  }
}
