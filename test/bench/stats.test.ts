import { describe, expect, it } from 'vitest';
import type { Figures } from '../../bench/harness/case.ts';
import {
  bestOf,
  costOf,
  median,
  percentiles,
  ratioOf,
  rotated,
  roundTripFigures,
  streamFigures,
} from '../../bench/harness/stats.ts';

const byRound = (...costs: (number | undefined)[]): Map<number, Figures> =>
  new Map(costs.flatMap((p50, round) => (p50 === undefined ? [] : [[round, { p50 } satisfies Figures] as const])));

describe('percentiles', () => {
  it('come from a histogram, to a part in a thousand', () => {
    const { p50, p99, p999 } = percentiles(Array.from({ length: 10_000 }, (_, i) => i + 1));
    expect(p50 / 5000).toBeCloseTo(1, 2);
    expect(p99 / 9900).toBeCloseTo(1, 2);
    expect(p999 / 9990).toBeCloseTo(1, 2);
  });

  it('of batches are those of the mean of one, and keep what is under a nanosecond', () => {
    expect(percentiles([5008, 5008, 5008], 32).p50).toBeCloseTo(156.5, 0);
  });
});

describe('median', () => {
  it('is the middle one, or between the middle two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 1, 2, 4])).toBe(3);
  });

  it('refuses to be asked of nothing', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('rotated', () => {
  it('gives every round all cases, and no two rounds the same first one', () => {
    const cases = Array.from({ length: 24 }, (_, i) => i);
    for (const rounds of [3, 12]) {
      const orders = Array.from({ length: rounds }, (_, round) => rotated(cases, round, rounds));
      expect(new Set(orders.map(([first]) => first)).size).toBe(rounds);
      for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(cases);
    }
  });

  it('takes fewer cases than rounds, one, and none', () => {
    expect(rotated(['a', 'b'], 11, 12)).toEqual(['b', 'a']);
    expect(rotated(['a'], 5, 12)).toEqual(['a']);
    expect(rotated([], 5, 12)).toEqual([]);
  });
});

describe('ratioOf', () => {
  const ratio = { of: 'a', over: 'b' };

  it('is the median of the rounds, not the ratio of the medians', () => {
    const rows = new Map([
      ['a', byRound(10, 40, 90)],
      ['b', byRound(10, 10, 30)],
    ]);
    expect(ratioOf(ratio, rows)).toBe(3);
  });

  it('pairs only rounds that have both, and is undefined where none has', () => {
    const rows = new Map([
      ['a', byRound(10, undefined, 90)],
      ['b', byRound(undefined, 10, 30)],
    ]);
    expect(ratioOf(ratio, rows)).toBe(3);
    expect(ratioOf({ of: 'a', over: 'c' }, rows)).toBeUndefined();
    expect(ratioOf({ of: 'c', over: 'a' }, rows)).toBeUndefined();
  });

  it('takes for the best of several rows the one with the lowest median, in all rounds', () => {
    const rows = new Map([
      ['two', byRound(50, 60, 70)],
      ['one', byRound(20, 90, 10)],
      ['b', byRound(10, 10, 10)],
    ]);
    const best = { of: 'rival.best', best: ['two', 'one', 'absent'], over: 'b' };
    expect(bestOf(best.best, rows)).toBe('one');
    expect(ratioOf(best, rows)).toBe(2);
    expect(ratioOf({ ...best, best: ['absent'] }, rows)).toBeUndefined();
  });

  it('takes of several streams the one with the most messages', () => {
    const perSecond = (value: number) => new Map([[0, { perSecond: value }]]);
    const rows = new Map([
      ['slow', perSecond(1000)],
      ['fast', perSecond(4000)],
    ]);
    expect(bestOf(['slow', 'fast'], rows)).toBe('fast');
  });

  it('costs a stream by its time a message', () => {
    expect(costOf({ perSecond: 20_000_000 })).toBe(50);
    expect(costOf({})).toBeUndefined();
  });
});

describe('figures of a trial', () => {
  const samples = {
    roundTripsASample: 1,
    batchNs: [100, 200, 300],
    singleNs: [],
    messages: 3,
    elapsedNs: 600,
    cpuNs: 900,
  };

  it('take p50 from batches and the tails from single round trips', () => {
    const figures = roundTripFigures({ ...samples, roundTripsASample: 32, batchNs: [3200], singleNs: [400, 400, 900] });
    expect(figures).toMatchObject({ cpuNsPerMessage: 300 });
    expect(figures.p50! / 100).toBeCloseTo(1, 2);
    expect(figures.p999! / 900).toBeCloseTo(1, 2);
  });

  it('take all from single round trips where those are what was timed', () => {
    expect(roundTripFigures(samples)).toMatchObject({ p50: 200, p999: 300 });
  });

  it('of a stream are messages a second', () => {
    expect(streamFigures(samples)).toEqual({ perSecond: 5_000_000, cpuNsPerMessage: 300 });
  });
});
