/** Which rows belong together. */
import type { Report, Row } from '../harness/report.ts';
import { costOf } from '../harness/stats.ts';
import { times } from './format.ts';

export const KINDS = ['limit', 'ours', 'rival'] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf({ case: name }: Row): Kind {
  const [, what] = name.split('.');
  if (what === 'limit') return 'limit';
  return what === 'sync' || what === 'await' ? 'ours' : 'rival';
}

export function rowNamed(report: Report, name: string): Row | undefined {
  return report.rows.find((row) => row.case === name);
}

/** The rows of a family: the limit, then ours, then the rivals, each in the order of the run. */
export function familyOf(report: Report, family: string): Row[] {
  const rows = report.rows.filter((row) => row.case.startsWith(`${family}.`));
  return KINDS.flatMap((kind) => rows.filter((row) => kindOf(row) === kind));
}

/** What a row is held against: C++ on both sides, or of the first requests the last. */
export function limitOf({ case: name }: Row): string {
  const [family, ...parts] = name.split('.');
  if (family === 'wide') return ['wide', 'limit', ...parts.slice(1)].join('.');
  return family === 'warmup' ? name.replace(/\w+$/, 'settled') : `${family}.limit`;
}

/** The cost of a row over that of its limit: of the two figures that the reader sees, whatever the rounds' ratios came to. */
export function overText(report: Report, row: Row): string | undefined {
  const limit = rowNamed(report, limitOf(row));
  const [above, below] = [costOf(row), limit && costOf(limit)];
  return limit !== row && isPositive(above) && isPositive(below) ? times(above / below) : undefined;
}

/** The row with the lowest cost of those named; undefined where the report has none of them. */
export function bestRow(report: Report, names: readonly string[]): Row | undefined {
  const rows = names
    .map((name) => rowNamed(report, name))
    .filter((row) => row !== undefined && isPositive(costOf(row)));
  return rows.toSorted((a, b) => costOf(a!)! - costOf(b!)!)[0];
}

/** Those that can stand on a logarithmic scale. */
export function isPositive(value: number | undefined): value is number {
  return value !== undefined && value > 0;
}
