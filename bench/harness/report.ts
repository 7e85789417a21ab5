/** What a run gives, and what is kept of it as JSON. */
import Type, { type Static } from 'typebox';

const Count = Type.Number({ minimum: 0 });

const Others = Type.Object({
  /** Parts of the CPU time: used by other processes, and kept by the hypervisor for other machines. */
  foreign: Count,
  stolen: Count,
  /** Whether the machine was calm when the run began. */
  calmBefore: Type.Boolean(),
  trials: Count,
  /** Trials that were disturbed and so were run again. */
  repeated: Count,
  /** Trials that were disturbed all the same, and whose figures were kept. */
  disturbed: Count,
});
export type Others = Static<typeof Others>;

/** What a figure means nothing without. */
const Machine = Type.Object({
  date: Type.String(),
  cpu: Type.String(),
  /** Cores that this run could use. */
  cores: Count,
  /** CPUs of the two sides, or null where they were not pinned, and why. */
  pinned: Type.Union([Type.Array(Count), Type.Null()]),
  notPinnedBecause: Type.Optional(Type.String()),
  os: Type.String(),
  arch: Type.String(),
  virtualized: Type.Union([Type.Boolean(), Type.Null()]),
  /** What else ran meanwhile; none where the system does not tell. */
  others: Type.Optional(Others),
  /** What the whole run took, without waiting for a calm machine. */
  seconds: Type.Optional(Count),
  rounds: Count,
  quick: Type.Boolean(),
  versions: Type.Record(Type.String(), Type.String()),
});
export type Machine = Static<typeof Machine>;

/** Times in nanoseconds. A figure that does not apply is left out. */
const Row = Type.Object({
  case: Type.String(),
  /** What it is called in pictures, where it is in one; rows of one label are a curve. */
  label: Type.Optional(Type.String()),
  /** Where it is on the curve. */
  at: Type.Optional(Count),
  p50: Type.Optional(Count),
  p99: Type.Optional(Count),
  p999: Type.Optional(Count),
  perSecond: Type.Optional(Count),
  cpuNsPerMessage: Type.Optional(Count),
  syscallsPerMessage: Type.Optional(Count),
  /** Further figures of this case, where it has any. */
  more: Type.Optional(Type.Record(Type.String(), Type.Number())),
  /** Rounds in which others used the machine, and of how many; only where there are such. */
  disturbed: Type.Optional(Type.Object({ rounds: Count, of: Count })),
});
export type Row = Static<typeof Row>;

export const Report = Type.Object({
  machine: Machine,
  rows: Type.Array(Row),
  /** What a reader of these rows must know. */
  notes: Type.Array(Type.Object({ text: Type.String(), rows: Type.Array(Type.String()) })),
  /** By `ratioName`. */
  ratios: Type.Record(Type.String(), Type.Number()),
  /** What was to be measured and was not, and why. */
  absent: Type.Array(Type.Object({ case: Type.String(), why: Type.String() })),
});
export type Report = Static<typeof Report>;

/** Of one message of one library: printed, and not kept. */
export const isDetail = ({ case: name }: Row): boolean => /^codec(\.\w+){3}$/.test(name);

/** As it is kept: what the page draws, and no more digits than two runs have in common. */
export function reportToJSON(report: Report): string {
  const rows = report.rows.filter((row) => !isDetail(row));
  const kept = new Set(rows.map((row) => row.case));
  const notes = report.notes.map(({ text, rows: noted }) => ({ text, rows: noted.filter((name) => kept.has(name)) }));
  const digits = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);
  return `${JSON.stringify({ ...report, rows, notes }, digits, 1)}\n`;
}
