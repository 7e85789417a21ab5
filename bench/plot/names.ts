/** What the names of rows and ratios say, for people. */
import { LIBRARIES } from '../cases/codec.ts';
import { ONE_CORE, RIVALS } from '../cases/rivals.ts';
import type { Ratio } from '../harness/case.ts';
import type { Report, Row } from '../harness/report.ts';
import { costOf } from '../harness/stats.ts';
import { times } from './format.ts';

export const KINDS = ['limit', 'ours', 'rival'] as const;
export type Kind = (typeof KINDS)[number];

const ENGINES: Readonly<Record<string, string>> = {
  native: 'native',
  file: 'pure JS',
  sab: 'threads',
  spin: 'native, never asleep',
};

const THINGS: Readonly<Record<string, string>> = {
  ...ENGINES,
  ...LIBRARIES,
  ...Object.fromEntries(RIVALS.flatMap((rival) => [rival, ...rival.variants]).map(({ name, label }) => [name, label])),
  rival: 'fastest rival',
  limit: 'C++ to C++',
};

/** The library, the engine or the rival that a part of a name stands for. */
export const thingOf = (part: string): string => THINGS[part] ?? part;

/** Of `rtt.*` and `stream.*`, where only the limit and the engines have a place of their own. */
export function kindOf(name: string): Kind {
  const [, what = '', engine = ''] = name.split('.');
  if (what === 'limit') return 'limit';
  return engine in ENGINES || what in ENGINES ? 'ours' : 'rival';
}

/** What the end of a row's name says of it. */
const ENDINGS: Readonly<Record<string, string>> = { [ONE_CORE]: ', one core', '.best': ' at its best' };

/**
 * "native, await request()" of `rtt.await.native`: what its parts stand for, without its family. Undefined for a name
 * that says nothing of the kind.
 */
export function labelOf(name: string): string | undefined {
  for (const [ending, text] of Object.entries(ENDINGS)) {
    if (!name.endsWith(ending)) continue;
    const label = labelOf(name.slice(0, -ending.length));
    return label && label + text;
  }
  const [family, what = name, thing = ''] = name.split('.');
  if (family === 'codec') return `${thingOf(thing)}, ${what}`;
  if (thing === '') return THINGS[what];
  const how = { sync: 'spinning', await: 'await request()' }[what];
  return how && thing in ENGINES ? `${ENGINES[thing]}, ${how}` : undefined;
}

const FAMILIES: Readonly<Record<string, string>> = { rtt: 'round trip', stream: 'stream' };
const FIGURES: Readonly<Record<string, string>> = {
  cpuNsPerMessage: 'CPU time',
  controllerCpuNs: "controller's CPU time",
};

/** "round trip: Unix socket / native, await" */
export function labelOfRatio({ of, over, by }: Ratio): string {
  const [family = '', way = '', library = ''] = of.split('.');
  if (family === 'codec') return `${way}: ${thingOf(library)} / ${THINGS.ctrlIf}`;
  const [, slots, bytes] = /^wide\.\w+\.(\d+)x(\d+)$/.exec(of) ?? [];
  if (slots) return `stream, ${slots} slots of ${bytes} B: ${thingOf(way)} / C++ to C++`;
  if (by) return `${of} / ${over}: ${FIGURES[by] ?? by}`;
  if (!(family in FAMILIES)) return `${of} / ${over}`;
  return `${FAMILIES[family]}: ${labelOf(of) ?? of} / ${labelOf(over) ?? over}`.replaceAll(' request()', '');
}

export function rowNamed(report: Report, name: string): Row | undefined {
  return report.rows.find((row) => row.case === name);
}

/** The rows of a family: the limit, then ours, then the rivals, each in the order of the run. */
export function familyOf(report: Report, family: string): Row[] {
  const rows = report.rows.filter((row) => row.case.startsWith(`${family}.`));
  return KINDS.flatMap((kind) => rows.filter((row) => kindOf(row.case) === kind));
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
