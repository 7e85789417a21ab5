/** What the names of rows and ratios say, for people. */
import { LIBRARIES } from '../cases/codec.ts';
import { ONE_CORE, RIVALS } from '../cases/rivals.ts';
import type { Ratio } from '../harness/case.ts';
import type { Report, Row } from '../harness/report.ts';
import { costOf } from '../harness/stats.ts';

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

/** "native, await request()" of `rtt.await.native`: the name without its family. A name from later than this file is kept as it is. */
export function labelOf(name: string): string {
  for (const [ending, text] of Object.entries(ENDINGS)) {
    if (name.endsWith(ending)) return labelOf(name.slice(0, -ending.length)) + text;
  }
  const [, what = name, engine] = name.split('.');
  if (engine === undefined || what === 'limit') return thingOf(what);
  const how = { sync: 'spinning', await: 'await request()' }[what];
  return how && engine in ENGINES ? `${ENGINES[engine]}, ${how}` : name.split('.').slice(1).join(' ');
}

const FAMILIES: Readonly<Record<string, string>> = { rtt: 'round trip', stream: 'stream' };
const FIGURES: Readonly<Record<string, string>> = {
  cpuNsPerMessage: 'CPU time',
  controllerCpuNs: "controller's CPU time",
};

/** "round trip: Unix socket / native, await" */
export function labelOfRatio({ of, over, by }: Ratio): string {
  const [family = '', way = '', library = ''] = of.split('.');
  if (family === 'codec') return `${way}: ${thingOf(library)} / ${thingOf(over.split('.')[2] ?? over)}`;
  const [, slots, bytes] = /^wide\.\w+\.(\d+)x(\d+)$/.exec(of) ?? [];
  if (slots) return `stream, ${slots} slots of ${bytes} B: ${thingOf(way)} / C++ to C++`;
  if (by) return `${of} / ${over}: ${FIGURES[by] ?? by}`;
  if (!(family in FAMILIES)) return `${of} / ${over}`;
  return `${FAMILIES[family]}: ${labelOf(of)} / ${labelOf(over)}`.replaceAll(' request()', '');
}

export function rowNamed(report: Report, name: string): Row | undefined {
  return report.rows.find((row) => row.case === name);
}

/** The rows of a family: the limit, then ours, then the rivals, each in the order of the run. */
export function familyOf(report: Report, family: string): Row[] {
  const rows = report.rows.filter((row) => row.case.startsWith(`${family}.`));
  return KINDS.flatMap((kind) => rows.filter((row) => kindOf(row.case) === kind));
}

/** The cost of a row over that of another: of the two figures that the reader sees, whatever the rounds' ratios came to. */
export function overRow(report: Report, row: Row, other: string): number | undefined {
  const limit = rowNamed(report, other);
  const [above, below] = [costOf(row), limit && costOf(limit)];
  return limit !== row && isPositive(above) && isPositive(below) ? above / below : undefined;
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
