/** Rings of all sizes, for tests that every pair of engines must pass. */
import { expect } from 'vitest';
import type { EngineName, Page } from '../../../lib/page/page.ts';
import { BackRing, FrontRing, type RingGeometry, ringBytes } from '../../../lib/ring/index.ts';
import { CONTROL_RX, CONTROL_TX } from '../../../lib/wire/control-rings.ts';
import { bytesOf, type Pages, type SharedPages } from '../../support/pages.ts';

export const U32 = 2 ** 32;
/** Free-running indices to start from: zero, the wrap inside the first batch, and one past the sign bit. */
export const STARTS = [0, U32 - 3, 2 ** 31 - 2];

const GEOMETRIES: RingGeometry[] = [
  CONTROL_TX,
  CONTROL_RX,
  { offset: 16, entryBytes: 16, slots: 4 },
  { offset: 0, entryBytes: 256, slots: 128 },
  { offset: 2048, entryBytes: 1024, slots: 16 },
  { offset: 4, entryBytes: 4, slots: 2 },
  { offset: 128, entryBytes: 20, slots: 1 },
];
const WIDE_GEOMETRIES: RingGeometry[] = [
  { offset: 0, entryBytes: 64, slots: 256 },
  { offset: 128, entryBytes: 16, slots: 1024 },
];

/** An entry whose every byte depends on `n`. */
export function entryOf(n: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (n * 37 + i * 11 + 1) & 0xff);
}

/** The engines of the two halves. */
export interface RingEngines {
  readonly pages: Pages;
  readonly front: EngineName;
  readonly back: EngineName;
}

export function ringsOf({ pages, front: frontEngine, back: backEngine }: RingEngines) {
  const atomic = frontEngine !== 'file' && backEngine !== 'file';

  /** Mappings of a page just large enough for the ring, whose indices both start from `start`. */
  const shared = (geometry: RingGeometry, start = 0): SharedPages => {
    const all = pages.shared(Math.max(4096, geometry.offset + ringBytes(geometry)), frontEngine, backEngine);
    all.raw.store32(geometry.offset, start);
    all.raw.store32(geometry.offset + 4, start);
    return all;
  };
  /** Both halves on such a page. They refuse a false index at once, unless the test is about half-written indices. */
  const attach = (geometry: RingGeometry = CONTROL_TX, start = 0) => {
    const { front, back, raw } = shared(geometry, start);
    const options = { ...geometry, peerMayTear: false };
    return {
      front: new FrontRing(front, options),
      back: new BackRing(back, options),
      pages: { front, back },
      reqProd: wordAt(raw, geometry.offset),
      rspProd: wordAt(raw, geometry.offset + 4),
      slot: (i: number) => bytesOf(raw, geometry.offset + 8 + i * geometry.entryBytes, geometry.entryBytes),
      raw,
    };
  };
  return { shared, attach, geometries: [...GEOMETRIES, ...(atomic ? WIDE_GEOMETRIES : [])] };
}

/** As `toEqual`, but fast enough for thousands of entries. */
export function expectEntry(actual: Uint8Array | undefined, expected: Uint8Array): void {
  if (!actual || Buffer.compare(actual, expected) !== 0) expect(actual).toEqual(expected);
}

export function wordAt(page: Page, offset: number): { value: number } {
  return {
    get value() {
      return page.load32(offset);
    },
    set value(index: number) {
      page.store32(offset, index);
    },
  };
}
