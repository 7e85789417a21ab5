import type { Page } from '../page/page.ts';
import { MEMORY_STATES, type MemoryState, PAGE_MEMORY } from '../wire/memory.ts';

/** The size of a guest's memory in frames of 4 KiB, as the guest writes it to its control page (docs/page-layout.md). */
export interface MemoryStatus {
  /** The most frames that the memory can ever have. */
  maximum: number;
  /** The size that the latest resize asked for. */
  target: number;
  /** The frames that have memory now. */
  reached: number;
  /** `resizing` while the guest works towards its target. Any other state is the result of the latest resize. */
  state: MemoryState;
}

/** For the guest. The state is written first when a resize begins and last when it ends: a reader that sees the end sees its size. */
export function writeMemoryStatus(
  page: Pick<Page, 'store32'>,
  { maximum, target, reached, state }: MemoryStatus,
): void {
  const number = MEMORY_STATES.indexOf(state);
  if (state === 'resizing') page.store32(PAGE_MEMORY.state, number);
  page.store32(PAGE_MEMORY.maximum, maximum);
  page.store32(PAGE_MEMORY.target, Math.min(target, 0xffffffff));
  page.store32(PAGE_MEMORY.reached, reached);
  page.store32(PAGE_MEMORY.state, number);
}

/** The guest's memory size, read from its control page. Undefined when the guest has no memory, or wrote an invalid state. */
export function readMemoryStatus(page: Pick<Page, 'load32'>): MemoryStatus | undefined {
  const state = MEMORY_STATES[page.load32(PAGE_MEMORY.state)];
  const maximum = page.load32(PAGE_MEMORY.maximum);
  if (state === undefined || maximum === 0) return undefined;
  return { maximum, target: page.load32(PAGE_MEMORY.target), reached: page.load32(PAGE_MEMORY.reached), state };
}
