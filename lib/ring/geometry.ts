import { CtrlIfError } from '../errors.ts';
import { MAX_ENTRY_BYTES, MAX_SLOTS } from '../page/native-codes.ts';
import type { Page } from '../page/page.ts';
import type { RingGeometry } from '../page/ring-engine.ts';
import { SLOTS_OFFSET } from '../wire/layout.ts';

/**
 * The most slots of a ring on a page without atomic words (`page.atomic` is false). A half-written index is off by a multiple of
 * 256, and up to this size such a value never passes the bounds check.
 */
export const MAX_SLOTS_WITHOUT_ATOMICS = 128;

/** The size in bytes of a ring: two u32 indices, then `slots` entries of `entryBytes`. The control ring has 520. */
export function ringBytes({ entryBytes, slots }: Pick<RingGeometry, 'entryBytes' | 'slots'>): number {
  return SLOTS_OFFSET + entryBytes * slots;
}

/** @throws CtrlIfError `ERR_CTRL_IF_RING_GEOMETRY` when a number is out of range; `field` names it and `expected` its range */
export function checkGeometry(geometry: RingGeometry, page: Page): void {
  const { offset, entryBytes, slots } = geometry;
  const refuse = (field: string, expected: string, received: unknown) => {
    throw new CtrlIfError(
      'ERR_CTRL_IF_RING_GEOMETRY',
      `a ring cannot have ${field} ${received}; it must be ${expected}`,
      { field, expected, received },
    );
  };
  if (!isBetween(slots, 1, MAX_SLOTS) || (slots & (slots - 1)) !== 0)
    refuse('slots', `a power of two, 1 to ${MAX_SLOTS}`, slots);
  if (!page.atomic && slots > MAX_SLOTS_WITHOUT_ATOMICS) {
    refuse(
      'slots',
      `at most ${MAX_SLOTS_WITHOUT_ATOMICS} with the ${page.engine} engine, whose indices a peer may read half-written`,
      slots,
    );
  }
  if (!isBetween(entryBytes, 4, MAX_ENTRY_BYTES) || entryBytes % 4 !== 0)
    refuse('entryBytes', `a multiple of 4, 4 to ${MAX_ENTRY_BYTES}`, entryBytes);
  const last = page.bytes - ringBytes(geometry);
  if (!isBetween(offset, 0, last) || offset % 4 !== 0) {
    refuse('offset', `a multiple of 4, 0 to ${last}, so that the ring fits the page's ${page.bytes} bytes`, offset);
  }
}

function isBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
