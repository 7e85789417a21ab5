/** Messages a second on rings of other shapes than the control ring's: by the batch, and by the size of an entry. */
import type { Report, Row } from '../harness/report.ts';
import { count, times } from './format.ts';
import { type Line, type Panel, linePanels } from './panels.ts';
import type { Plot } from './plot.ts';
import { isPositive, overLimit, shapeOf, thingOf } from './rows.ts';

/** The ring of the goal; the others are in the table. */
const SLOTS = 256;

export const throughput: Plot = {
  name: 'throughput',
  alt: 'Messages a second against the batch and against the size of an entry, beside the limit of the same ring',
  draw(report) {
    const batch = linesOf(report, ({ case: name }) => {
      const [, side, at] = /^wide\.(\w+)\.batch\.(\d+)$/.exec(name) ?? [];
      return side ? [side, Number(at)] : undefined;
    });
    const size = linesOf(report, ({ case: name }) => {
      const shape = shapeOf(name);
      return shape?.slots === SLOTS ? [shape.side, shape.entryBytes] : undefined;
    });
    if (batch.length === 0 && size.length === 0) return { missing: 'no wide row has a throughput' };
    const y = { name: 'million messages/s', text: (value: number) => String(value / 1e6) };
    const panels: [Panel, Panel] = [
      {
        heading: 'By batch size (256 slots of 64 bytes)',
        x: { name: 'messages published at once', text: String, ticks: ticksOf(batch) },
        y,
        lines: batch,
      },
      {
        heading: 'By entry size (256 slots, batches of 64)',
        x: { name: 'bytes of an entry', text: String, ticks: ticksOf(size) },
        y,
        lines: size,
      },
    ];
    return linePanels(
      'How many messages a second a larger ring moves',
      'Millions of messages a second, both ends spinning, every slot in use. Higher is faster. At the points: time of a message\nas a multiple of the limit, which is C++ on both ends of the same ring.',
      panels,
    );
  },
};

/** A line for each side that has rows. `placeOf`: a row's side and x, or undefined for the rows that are not of this panel. */
function linesOf(report: Report, placeOf: (row: Row) => readonly [side: string, x: number] | undefined): Line[] {
  const sides = new Map<string, { x: number; row: Row }[]>();
  for (const row of report.rows) {
    const place = placeOf(row);
    if (!place || !isPositive(row.perSecond)) continue;
    const [side, x] = place;
    sides.set(side, [...(sides.get(side) ?? []), { x, row }]);
  }
  return [...sides].map(([side, points]) => {
    const sorted = points.toSorted((a, b) => a.x - b.x);
    const isLimit = side === 'limit';
    return {
      name: isLimit ? 'the limit: C++ to C++' : `ctrl-if, ${thingOf(side)}`,
      points: sorted.map(({ x, row }) => [x, row.perSecond!] as const),
      ...(isLimit ? { look: 'limit' as const } : { labels: sorted.map(({ row }) => besideOf(report, row)) }),
    };
  });
}

function besideOf(report: Report, row: Row): string {
  const ratio = overLimit(report, row, row.case.replace(/^wide\.\w+/, 'wide.limit'));
  return ratio === undefined ? count(row.perSecond!) : times(ratio);
}

function ticksOf(lines: readonly Line[]): number[] {
  return [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
}
