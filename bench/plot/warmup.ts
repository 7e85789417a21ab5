/** What the first requests of two fresh processes cost. */
import type { Report } from '../harness/report.ts';
import { count, duration } from './format.ts';
import { type Line, linePanels } from './panels.ts';
import type { Plot } from './plot.ts';
import { isPositive, rowNamed, thingOf } from './rows.ts';

/** Where the settled cost is drawn: so many requests are measured. */
const ALL = 100_000;

export const warmup: Plot = {
  name: 'warmup',
  alt: 'Time of one request against how many went before it, in two fresh processes',
  draw(report) {
    const lines = linesOf(report);
    if (lines.length === 0) return { missing: 'no warmup row has a p50' };
    const settled = rowNamed(report, 'rtt.await.native')?.p50;
    return linePanels(
      'What the first requests of two fresh processes cost',
      'await request(), one at a time. Each point is the mean of the requests since the point before it. Lower is better.\nOne line of the grid is 10 times the one before it, both ways.',
      [
        {
          heading: 'Time of a request, median of fresh processes',
          x: { name: 'requests so far', text: count },
          y: { name: 'time until the response', text: duration, log: true },
          lines,
          ...(isPositive(settled)
            ? { level: { name: 'rtt.await.native, after its warm-up', value: settled, textAt: 'start' as const } }
            : {}),
        },
      ],
    );
  },
};

function linesOf(report: Report): Line[] {
  const found = new Map<string, [number, number][]>();
  for (const { case: name, p50 } of report.rows) {
    const [, engine, at] = /^warmup\.await\.(\w+)\.(\d+|settled)$/.exec(name) ?? [];
    if (!engine || !isPositive(p50)) continue;
    found.set(engine, [...(found.get(engine) ?? []), [at === 'settled' ? ALL : Number(at), p50]]);
  }
  return [...found].map(([engine, points]) => ({
    name: thingOf(engine),
    points: points.toSorted(([a], [b]) => a - b),
  }));
}
