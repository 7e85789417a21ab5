import type { Page } from '../page/page.ts';
import { MEMORY_STATES, type MemoryState, PAGE_MEMORY } from '../wire/memory.ts';

/** How large a guest's memory is and is to be, in frames, as its control page tells whoever maps it. */
export interface MemoryStatus {
  maximum: number;
  target: number;
  reached: number;
  /** `resizing` once the guest has understood; done, or stuck, when it says anything else. */
  state: MemoryState;
}

/** The guest's. The state goes first when work begins and last when it ends: who reads "over" reads its outcome. */
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

/** Undefined where the page is no part of a memory, or its guest writes what no guest writes. */
export function readMemoryStatus(page: Pick<Page, 'load32'>): MemoryStatus | undefined {
  const state = MEMORY_STATES[page.load32(PAGE_MEMORY.state)];
  const maximum = page.load32(PAGE_MEMORY.maximum);
  if (state === undefined || maximum === 0) return undefined;
  return { maximum, target: page.load32(PAGE_MEMORY.target), reached: page.load32(PAGE_MEMORY.reached), state };
}
