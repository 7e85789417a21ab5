/** What a run gives: figures by row and round while it runs, and then its report, which is kept as JSON. */
import Type, { type Static } from 'typebox';
import type { BenchCase, Figures, Ratio } from './case.ts';
import { median, ratioName, ratioOf } from './stats.ts';

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

const FIGURES = ['p50', 'p99', 'p999', 'perSecond', 'cpuNsPerMessage'] as const;

interface Measured {
  readonly bench: BenchCase;
  readonly rounds: Map<number, Figures>;
  disturbed: number;
  /** From the extra trial under strace. */
  syscalls?: number;
}

/** All figures of a run, by row and round. */
export class Collected {
  readonly #rows = new Map<string, Measured>();

  /** @param disturbed whether others used the machine meanwhile */
  add(bench: BenchCase, round: number, figures: readonly Figures[], disturbed = false): void {
    for (const one of figures) {
      const name = rowOf(bench, one);
      const measured = this.#rows.get(name) ?? { bench, rounds: new Map(), disturbed: 0 };
      this.#rows.set(name, measured);
      measured.rounds.set(round, one);
      if (disturbed) measured.disturbed++;
    }
  }

  addSyscalls(bench: BenchCase, figures: Figures): void {
    const measured = this.#rows.get(rowOf(bench, figures));
    if (measured && figures.syscallsPerMessage !== undefined) measured.syscalls = figures.syscallsPerMessage;
  }

  /** Rows in the order of `cases`, and their notes. */
  report(cases: readonly BenchCase[], ratios: readonly Ratio[]): Pick<Report, 'rows' | 'notes' | 'ratios'> {
    const found = cases.flatMap((bench) => [...this.#rows].filter(([, measured]) => measured.bench === bench));
    const notes = new Map<string, string[]>();
    for (const [name, { bench }] of found) {
      if (bench.note) notes.set(bench.note, [...(notes.get(bench.note) ?? []), name]);
    }
    const byRow = new Map([...this.#rows].map(([name, { rounds }]) => [name, rounds]));
    const taken = ratios.flatMap((ratio) => {
      const value = ratioOf(ratio, byRow);
      return value === undefined ? [] : [[ratioName(ratio), value] as const];
    });
    return {
      rows: found.map(([name, measured]) => medianRow(name, measured)),
      notes: [...notes].map(([text, rows]) => ({ text, rows })),
      ratios: Object.fromEntries(taken),
    };
  }
}

function medianRow(name: string, { rounds, disturbed, syscalls }: Measured): Row {
  const all = [...rounds.values()];
  const more = medians(all.map((figures) => figures.more ?? {}));
  return {
    case: name,
    ...medians(all.map((figures) => Object.fromEntries(FIGURES.map((key) => [key, figures[key]])))),
    ...(syscalls !== undefined && { syscallsPerMessage: syscalls }),
    ...(Object.keys(more).length > 0 && { more }),
    ...(disturbed > 0 && { disturbed: { rounds: disturbed, of: rounds.size } }),
  };
}

/** Of each figure over all rounds that have it. */
function medians(rounds: readonly Readonly<Record<string, number | undefined>>[]): Record<string, number> {
  const names = new Set(rounds.flatMap(Object.keys));
  const found = [...names].map((name) => [name, rounds.map((round) => round[name])] as const);
  return Object.fromEntries(
    found.flatMap(([name, values]) => {
      const given = values.filter((value) => value !== undefined);
      return given.length > 0 ? [[name, median(given)]] : [];
    }),
  );
}

/** A case's rows begin as it does, so that `--only` means for rows what it means for cases. */
function rowOf(bench: BenchCase, { row = bench.name }: Figures): string {
  const family = `${bench.name.split('.')[0]}.`;
  if (row === bench.name || row.startsWith(family)) return row;
  throw new Error(`row ${row} of case ${bench.name} must begin with "${family}"`);
}

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
