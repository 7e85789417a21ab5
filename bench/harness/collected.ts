import type { BenchCase, Figures, Ratio } from './case.ts';
import type { Report, Row } from './report.ts';
import { median, ratioName, ratioOf } from './stats.ts';

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

function medianRow(name: string, { bench, rounds, disturbed, syscalls }: Measured): Row {
  const all = [...rounds.values()];
  const label = all[0]!.label ?? bench.label;
  const { at } = bench;
  const more = medians(all.map((figures) => figures.more ?? {}));
  return {
    case: name,
    ...(label !== undefined && { label }),
    ...(at !== undefined && { at }),
    ...medians(all.map(({ row: _, label: __, more: ___, ...figures }) => figures)),
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
