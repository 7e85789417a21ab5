/** Latency and CPU time of a request against the pause before it: what the plots of gap and wakeup have in common. */
import type { Report, Row } from '../harness/report.ts';
import { duration } from './format.ts';
import { type Line, linePanels } from './panels.ts';
import type { Drawing } from './plot.ts';
import { isPositive, rowNamed } from './rows.ts';

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

export interface Paused {
  readonly family: string;
  readonly title: string;
  readonly how: string;
  /** Whether to draw what a core that is always busy would take. */
  readonly busyLine: boolean;
  /** Of the name without its family and without the pause, such as "adaptive": the line's name. */
  lineOf(rest: string): string;
}

export function drawPaused(report: Report, { family, title, how, busyLine, lineOf }: Paused): Drawing {
  const lines = (pick: (row: Row) => number | null) => linesOf(report, family, lineOf, pick);
  const latency = lines(({ p50 }) => p50);
  const cpu = lines(({ cpuNsPerMessage }) => cpuNsPerMessage);
  if (latency.length === 0 && cpu.length === 0) return { missing: `no ${family} row has a latency or a CPU time` };
  const limit = rowNamed(report, 'rtt.limit')?.p50;
  const x = { name: 'pause before the request', text: duration };
  const pauses = cpu.flatMap(({ points }) => points.map(([at]) => at));
  const busy: Line[] =
    busyLine && pauses.length > 1
      ? [{ name: 'a core that is always busy', look: 'aside', points: diagonal(pauses) }]
      : [];
  return linePanels(title, how, [
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
  ]);
}

/** The x of a row is what its pause came to, in ns; where that is not said, what its name asks for. */
function placeOf({ case: name, more }: Row, family: string): { rest: string; ns: number } | undefined {
  const [, before, amount, unit, after = ''] = /^(\w+(?:\.\w+)*?)\.(\d+)(ns|us|ms|s)(\.\w+)?$/.exec(name) ?? [];
  if (!before?.startsWith(`${family}.`)) return undefined;
  const ns = isPositive(more?.gapUs) ? more.gapUs * 1e3 : Number(amount) * UNITS[unit!]!;
  return { rest: before.slice(family.length + 1) + after, ns };
}

function linesOf(
  report: Report,
  family: string,
  lineOf: (rest: string) => string,
  pick: (row: Row) => number | null,
): Line[] {
  const found = new Map<string, [number, number][]>();
  for (const row of report.rows) {
    const [place, y] = [placeOf(row, family), pick(row)];
    if (!place || !isPositive(y)) continue;
    found.set(place.rest, [...(found.get(place.rest) ?? []), [place.ns, y]]);
  }
  return [...found].map(([rest, points]) => ({ name: lineOf(rest), points: points.toSorted(([a], [b]) => a - b) }));
}

/** As much CPU time as the pause is long. */
function diagonal(pauses: readonly number[]): [number, number][] {
  const [first, last] = [Math.min(...pauses), Math.max(...pauses)];
  return [
    [first, first],
    [last, last],
  ];
}
