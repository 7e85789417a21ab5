/** What a request costs that comes after a pause. */
import type { Report, Row } from '../harness/report.ts';
import { duration } from './format.ts';
import { type Line, twoPanels } from './panels.ts';
import type { Plot } from './plot.ts';
import { isPositive, rowNamed } from './rows.ts';

const STRATEGIES: Readonly<Record<string, string>> = {
  adaptive: 'adaptive, the default',
  park: 'park: asleep at once',
  spin: 'spin: never asleep',
};
const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

export const gap: Plot = {
  name: 'gap',
  alt: 'p50 latency and CPU time of a request against the pause before it, by idle strategy',
  draw(report) {
    const latency = linesOf(report, ({ p50 }) => p50);
    const cpu = linesOf(report, ({ cpuNsPerMessage }) => cpuNsPerMessage);
    if (latency.length === 0 && cpu.length === 0) return { missing: 'no gap row has a latency or a CPU time' };
    const limit = rowNamed(report, 'rtt.limit')?.p50;
    const x = { name: 'pause before the request', text: duration };
    const gaps = cpu.flatMap(({ points }) => points.map(([at]) => at));
    const busy: Line[] =
      gaps.length > 1 ? [{ name: 'a core that is always busy', look: 'aside', points: diagonal(gaps) }] : [];
    return twoPanels(
      'What a request costs after a pause',
      'await request(), native, one at a time. Lower is better. One line of the grid is 10 times the one before it, both ways.\nAfter a long enough pause both sides sleep, and the request pays for waking them.',
      [
        {
          heading: 'Latency, p50',
          x,
          y: { name: 'time until the response', text: duration, log: true },
          lines: latency,
          ...(isPositive(limit) ? { level: { name: 'the limit, without a pause', value: limit } } : {}),
        },
        {
          heading: 'CPU time of both processes',
          x,
          y: { name: 'CPU time a request', text: duration, log: true },
          lines: [...cpu, ...busy],
        },
      ],
    );
  },
};

/** The x of a row is what its gap came to, in ns; where that is not said, what its name asks for. */
function gapOf({ case: name, more }: Row): { strategy: string; ns: number } | undefined {
  const [, strategy, amount, unit] = /^gap\.(\w+)\.(\d+)(ns|us|ms|s)$/.exec(name) ?? [];
  if (!strategy) return undefined;
  const ns = isPositive(more?.gapUs) ? more.gapUs * 1e3 : Number(amount) * UNITS[unit!]!;
  return { strategy, ns };
}

function linesOf(report: Report, pick: (row: Row) => number | null): Line[] {
  const strategies = new Map<string, [number, number][]>();
  for (const row of report.rows) {
    const [place, y] = [gapOf(row), pick(row)];
    if (!place || !isPositive(y)) continue;
    strategies.set(place.strategy, [...(strategies.get(place.strategy) ?? []), [place.ns, y]]);
  }
  return [...strategies].map(([strategy, points]) => ({
    name: STRATEGIES[strategy] ?? strategy,
    points: points.toSorted(([a], [b]) => a - b),
  }));
}

/** As much CPU time as the pause is long. */
function diagonal(gaps: readonly number[]): [number, number][] {
  const [first, last] = [Math.min(...gaps), Math.max(...gaps)];
  return [
    [first, first],
    [last, last],
  ];
}
