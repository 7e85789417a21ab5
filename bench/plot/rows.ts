/** What the names of rows say: which kind each is, and what to call it in a picture. */
import type { Report, Row } from '../harness/report.ts';

export const KINDS = ['limit', 'ours', 'rival'] as const;
export type Kind = (typeof KINDS)[number];

const ENGINES: Readonly<Record<string, string>> = {
  native: 'native',
  file: 'pure JS',
  sab: 'threads',
  spin: 'native, never asleep',
};

const RIVALS: Readonly<Record<string, string>> = {
  processSendJson: 'process.send, json',
  processSendAdvanced: 'process.send, advanced',
  processSend: 'process.send',
  unixSocket: 'Unix socket',
  messageChannel: 'MessageChannel, threads',
  zeromq: 'ZeroMQ, ipc',
  rival: 'fastest rival',
  ctrlIf: 'ctrl-if',
  binaryParser: 'binary-parser',
  typedBinary: 'typed-binary',
  restructure: 'restructure',
};

/** Of `rtt.*` and `stream.*`, where only the limit and the engines have a place of their own. */
export function kindOf(name: string): Kind {
  const [, what = '', engine = ''] = name.split('.');
  if (what === 'limit') return 'limit';
  return engine in ENGINES || what in ENGINES ? 'ours' : 'rival';
}

/** What the end of a row's name says of it. */
const ENDINGS: Readonly<Record<string, string>> = { '.onecore': ', one core', '.best': ' at its best' };

/** "native, await" of `rtt.await.native`: the name without its family. A name from later than this file is kept as it is. */
export function labelOf(name: string): string {
  for (const [ending, text] of Object.entries(ENDINGS)) {
    if (name.endsWith(ending)) return labelOf(name.slice(0, -ending.length)) + text;
  }
  const [, what = name, engine] = name.split('.');
  if (what === 'limit') return 'C++ to C++';
  if (engine === undefined) return RIVALS[what] ?? ENGINES[what] ?? what;
  const how = { sync: 'spinning', await: 'await request()' }[what];
  return how && engine in ENGINES ? `${ENGINES[engine]}, ${how}` : name.split('.').slice(1).join(' ');
}

export interface Shape {
  readonly side: string;
  readonly slots: number;
  readonly entryBytes: number;
}

/** Of `wide.SIDE.SLOTSxBYTES`. */
export function shapeOf(name: string): Shape | undefined {
  const [, side, slots, entryBytes] = /^wide\.(\w+)\.(\d+)x(\d+)$/.exec(name) ?? [];
  return side ? { side, slots: Number(slots), entryBytes: Number(entryBytes) } : undefined;
}

/** The library or engine that a token of a name stands for. */
export function thingOf(token: string): string {
  return RIVALS[token] ?? ENGINES[token] ?? token;
}

export function rowNamed(report: Report, name: string): Row | undefined {
  return report.rows.find((row) => row.case === name);
}

/** The rows of a family: the limit, then ours, then the rivals, each in the order of the run. */
export function familyOf(report: Report, family: string): Row[] {
  const rows = report.rows.filter((row) => row.case.startsWith(`${family}.`));
  return KINDS.flatMap((kind) => rows.filter((row) => kindOf(row.case) === kind));
}

/** The cost of a row over that of its limit: of the two figures that the reader sees, whatever the rounds' ratios came to. */
export function overLimit(report: Report, row: Row, limitName: string): number | undefined {
  const limit = rowNamed(report, limitName);
  if (!limit || limit === row) return undefined;
  if (isPositive(row.p50) && isPositive(limit.p50)) return row.p50 / limit.p50;
  if (isPositive(row.perSecond) && isPositive(limit.perSecond)) return limit.perSecond / row.perSecond;
  return undefined;
}

/** The row with the lowest cost of those named; undefined where the report has none of them. */
export function bestRow(report: Report, names: readonly string[]): Row | undefined {
  const cost = ({ p50, perSecond }: Row) =>
    isPositive(p50) ? p50 : isPositive(perSecond) ? 1e9 / perSecond : undefined;
  return names
    .map((name) => rowNamed(report, name))
    .filter((row) => row !== undefined && cost(row) !== undefined)
    .toSorted((a, b) => cost(a!)! - cost(b!)!)[0];
}

/** Those that can stand on a logarithmic scale. */
export function isPositive(value: number | null | undefined): value is number {
  return typeof value === 'number' && value > 0;
}
