/** A report as text. */
import type { Ratio } from './case.ts';
import type { Report, Row } from './report.ts';
import { ratioName } from './stats.ts';

type Column = readonly [title: string, cell: (row: Row) => string];

const COLUMNS: readonly Column[] = [
  ['case', (row) => row.case],
  ['p50', (row) => time(row, row.p50)],
  ['p99', (row) => time(row, row.p99)],
  ['p999', (row) => time(row, row.p999)],
  ['a second', ({ perSecond }) => number(perSecond)],
  ['CPU ns/msg', ({ cpuNsPerMessage }) => number(cpuNsPerMessage)],
  ['syscalls/msg', ({ syscallsPerMessage }) => (syscallsPerMessage === null ? '' : syscallsPerMessage.toFixed(2))],
];

export function reportText(report: Report, ratios: readonly Ratio[]): string {
  const parts = [
    table(
      COLUMNS.map(([title]) => title),
      report.rows.map((row) => COLUMNS.map(([, cell]) => cell(row))),
    ),
  ];
  const more = report.rows.flatMap(({ case: name, more = {} }) =>
    Object.entries(more).map(([what, value]) => [name, what, number(value)]),
  );
  if (more.length > 0) parts.push(table(['case', 'figure', ''], more));
  const judged = ratios.filter((ratio) => ratioName(ratio) in report.ratios);
  if (judged.length > 0) {
    parts.push(
      table(
        ['ratio', '', 'goal'],
        judged.map((ratio) => {
          const value = report.ratios[ratioName(ratio)]!;
          return [ratioName(ratio), value.toPrecision(3), report.machine.cores > 1 ? goalText(ratio, value) : ''];
        }),
      ),
    );
  }
  if (report.absent.length > 0)
    parts.push(report.absent.map(({ case: name, why }) => `absent: ${name}: ${why}`).join('\n'));
  return `${parts.join('\n\n')}\n`;
}

/** Goals are set for two cores; on one they say nothing. */
function goalText({ goal }: Ratio, value: number): string {
  if (!goal) return '';
  const [text, met] =
    'atMost' in goal ? [`<= ${goal.atMost}`, value <= goal.atMost] : [`>= ${goal.atLeast}`, value >= goal.atLeast];
  return `${text} ${met ? 'met' : 'missed'}`;
}

/** First column to the left, the others to the right. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [titles, ...rows];
  const widths = titles.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function time({ unit }: Row, value: number | null): string {
  return value === null ? '' : `${number(value)} ${unit}`;
}

function number(value: number | null): string {
  if (value === null) return '';
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}
