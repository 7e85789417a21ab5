import { createHistogram } from 'node:perf_hooks';
import type { Samples } from '../peers/samples.ts';
import type { Figures, Ratio } from './case.ts';

/** Percentiles of times in nanoseconds, each of `count` operations: of the mean of one. */
export function percentiles(times: readonly number[], count = 1) {
  const histogram = createHistogram();
  for (const time of times) histogram.record(Math.max(1, Math.round(time)));
  return {
    p50: histogram.percentile(50) / count,
    p99: histogram.percentile(99) / count,
    p999: histogram.percentile(99.9) / count,
  };
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('nothing has no median');
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** A trial of round trips: p50 from batches where a single one is too short for the clock, the tails from single ones. */
export function roundTripFigures(samples: Samples): Figures {
  const { p50 } = percentiles(samples.batchNs, samples.roundTripsASample);
  const { p99, p999 } = samples.singleNs.length > 0 ? percentiles(samples.singleNs) : percentiles(samples.batchNs);
  return { p50, p99, p999, cpuNsPerMessage: samples.cpuNs / samples.messages };
}

export function streamFigures(samples: Samples): Figures {
  return {
    perSecond: samples.messages / (samples.elapsedNs / 1e9),
    cpuNsPerMessage: samples.cpuNs / samples.messages,
  };
}

/** The case that comes first moves on by this many each round, so that over all rounds each is early as often as late. */
export function rotated<T>(items: readonly T[], round: number, rounds: number): T[] {
  const first = Math.floor((round * items.length) / rounds) % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

/** What a row costs, in the unit of time of its own: its p50, or the time a message. */
export function costOf(figures: Pick<Figures, 'p50' | 'perSecond'>): number | undefined {
  return figures.p50 ?? (figures.perSecond === undefined ? undefined : 1e9 / figures.perSecond);
}

export function ratioName({ of, over, by }: Ratio): string {
  return by ? `${of}/${over} ${by}` : `${of}/${over}`;
}

/** A figure by its name, whether all rows may have it or this case only. */
export function figureNamed(figures: Pick<Figures, 'more'>, name: string): number | undefined {
  return (figures as Readonly<Record<string, number>>)[name] ?? figures.more?.[name];
}

type ByRow = ReadonlyMap<string, ReadonlyMap<number, Figures>>;

/** The row that has the lowest cost, by the median of its rounds; undefined where none has one. */
export function bestOf(rows: readonly string[], byRow: ByRow): string | undefined {
  const costs = rows.flatMap((row) => {
    const rounds = [...(byRow.get(row)?.values() ?? [])].map(costOf).filter((cost) => cost !== undefined);
    return rounds.length > 0 ? [{ row, cost: median(rounds) }] : [];
  });
  return costs.toSorted((a, b) => a.cost - b.cost)[0]?.row;
}

/** The median of the rounds' ratios; undefined where no round has both rows. `byRow`: figures by round. */
export function ratioOf(ratio: Ratio, byRow: ByRow): number | undefined {
  const of = ratio.best ? bestOf(ratio.best, byRow) : ratio.of;
  const over = byRow.get(ratio.over);
  const { by } = ratio;
  const figureOf = (figures: Figures) => (by ? figureNamed(figures, by) : costOf(figures));
  const values: number[] = [];
  for (const [round, figures] of (of !== undefined && byRow.get(of)) || []) {
    const beside = over?.get(round);
    const [above, below] = [figureOf(figures), beside && figureOf(beside)];
    if (above !== undefined && below !== undefined) values.push(above / below);
  }
  return values.length > 0 ? median(values) : undefined;
}
