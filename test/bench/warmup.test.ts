import { describe, expect, it } from 'vitest';
import { costUntil, settledOf } from '../../bench/harness/warmup.ts';

/** Blocks of 100 requests each. */
const blocks = (...ns: readonly number[]) => ns.map((cost, i) => ({ end: (i + 1) * 100, ns: cost }));

describe('a warm-up', () => {
  it('is over after the last request before a block near the settled cost', () => {
    const costs = [9000, 500, 126, 125, 100, 100, 100, 100, 100, 100];
    expect(settledOf(blocks(...costs))).toEqual({ ns: 100, after: 300 });
  });

  it('is not over at one cheap block, and a dear one afterwards does not prolong it', () => {
    const costs = [900, 100, 900, 900, 900, 100, 700, 100, 100, 100];
    expect(settledOf(blocks(...costs))).toEqual({ ns: 100, after: 500 });
  });

  it('is none where all cost the same', () => {
    expect(settledOf(blocks(7, 7, 7, 7, 7))).toEqual({ ns: 7, after: 0 });
  });

  it('has the mean cost of the requests between two counts, whatever the sizes of the blocks', () => {
    const uneven = [
      { end: 1, ns: 1000 },
      { end: 10, ns: 100 },
      { end: 100, ns: 20 },
      { end: 200, ns: 10 },
    ];
    expect(costUntil(uneven, 0, 1)).toBe(1000);
    expect(costUntil(uneven, 1, 10)).toBe(100);
    expect(costUntil(uneven, 10, 200)).toBeCloseTo((90 * 20 + 100 * 10) / 190);
  });
});
