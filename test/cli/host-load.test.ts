import { describe, expect, it } from 'vitest';
import {
  byIdleness,
  loadBetween,
  parseProcessorTimes,
  parseProcessTicks,
  sampleLoad,
} from '../../lib/cli/host-load.ts';

const sample = (own: number, ...processors: [busy: number, stolen: number, total: number][]) => ({
  own,
  processors: new Map(processors.map(([busy, stolen, total], i) => [i, { busy, stolen, total }])),
});

describe('the load of the host', () => {
  it('is read from the lines of /proc/stat', () => {
    const stat = 'cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 10 1 5 80 2 1 1 4 0 0\ncpu11 20 0 0 80 0 0 0 0 0 0\nintr 5\n';
    expect([...parseProcessorTimes(stat)]).toEqual([
      [0, { busy: 18, stolen: 4, total: 104 }],
      [11, { busy: 20, stolen: 0, total: 100 }],
    ]);
  });

  it("has a process's ticks when its name has spaces and brackets", () => {
    const fields = '4242 (a) (b c) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0';
    expect(parseProcessTicks(fields)).toBe(127);
  });

  it('leaves out the ticks of the two processes', () => {
    const before = sample(100, [1000, 0, 5000], [1000, 0, 5000]);
    const after = sample(220, [1100, 0, 5100], [1080, 0, 5100]);
    expect(loadBetween(before, after, [0, 1])).toEqual({ others: 0.3, stolen: 0 });
  });

  it('is 0 while two processors are free of other load', () => {
    const before = sample(0, [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]);
    const after = sample(150, [100, 0, 100], [100, 0, 100], [50, 0, 100], [100, 0, 100]);
    expect(loadBetween(before, after, [0, 1, 2, 3])).toEqual({ others: 0, stolen: 0 });
    expect(loadBetween(before, { ...after, own: 50 }, [0, 1, 2, 3])).toEqual({ others: 0.5, stolen: 0 });
  });

  it('has the share that the hypervisor took', () => {
    expect(loadBetween(sample(0, [0, 0, 0]), sample(0, [0, 10, 100]), [0])).toEqual({ others: 0, stolen: 0.1 });
  });

  it('is undefined without /proc', () => {
    expect(sampleLoad([0])).toBeUndefined();
    expect(loadBetween(undefined, sample(0), [0])).toBeUndefined();
    expect(loadBetween(sample(0), sample(0), [])).toBeUndefined();
  });

  it('puts the least busy processors first', () => {
    const before = sample(0, [0, 0, 0], [0, 0, 0], [0, 0, 0]);
    const after = sample(0, [50, 0, 100], [0, 60, 100], [10, 0, 100]);
    expect(byIdleness(before, after, [0, 1, 2])).toEqual([2, 0, 1]);
  });
});
