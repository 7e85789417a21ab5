/** The JSON that a run gives. */
import type { BenchCase, Figures, Ratio } from './case.ts';
import type { Machine } from './machine.ts';
import { median, ratioName, ratioOf } from './stats.ts';

export interface Row {
  case: string;
  unit: string;
  p50: number | null;
  p99: number | null;
  p999: number | null;
  perSecond: number | null;
  cpuNsPerMessage: number | null;
  syscallsPerMessage: number | null;
  /** Further figures of this case, where it has any. */
  more?: Record<string, number>;
  /** What a reader must know, where there is something. */
  note?: string;
  /** Rounds in which others used the machine, and of how many; only where there are such. */
  disturbed?: { rounds: number; of: number };
}

export interface Report {
  machine: Machine;
  rows: Row[];
  ratios: Record<string, number>;
  /** What was to be measured and was not, and why. */
  absent: { case: string; why: string }[];
}

const NUMBERS = ['p50', 'p99', 'p999', 'perSecond', 'cpuNsPerMessage', 'syscallsPerMessage'] as const;

/** All figures of a run, by row and round. */
export class Collected {
  readonly #byRow = new Map<string, Map<number, Figures>>();
  readonly #caseOf = new Map<string, BenchCase>();
  readonly #disturbed = new Map<string, number>();
  /** From the extra trials under strace. */
  readonly #syscalls = new Map<string, number>();

  /** @param disturbed whether others used the machine meanwhile */
  add(bench: BenchCase, round: number, figures: readonly Figures[], disturbed = false): void {
    for (const one of figures) {
      const row = rowOf(bench, one);
      this.#caseOf.set(row, bench);
      const rounds = this.#byRow.get(row) ?? new Map<number, Figures>();
      this.#byRow.set(row, rounds.set(round, one));
      if (disturbed) this.#disturbed.set(row, (this.#disturbed.get(row) ?? 0) + 1);
    }
  }

  addSyscalls(bench: BenchCase, figures: Figures): void {
    if (figures.syscallsPerMessage !== undefined) this.#syscalls.set(rowOf(bench, figures), figures.syscallsPerMessage);
  }

  /** Rows in the order of `cases`. */
  rows(cases: readonly BenchCase[]): Row[] {
    return cases.flatMap((bench) =>
      [...this.#byRow]
        .filter(([row]) => this.#caseOf.get(row) === bench)
        .map(([row, rounds]) => this.#row(row, rounds)),
    );
  }

  ratios(ratios: readonly Ratio[]): Record<string, number> {
    const entries = ratios.map((ratio) => [ratioName(ratio), ratioOf(ratio, this.#byRow)] as const);
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => entry[1] !== undefined));
  }

  #row(row: string, rounds: ReadonlyMap<number, Figures>): Row {
    const all = [...rounds.values()];
    const { note } = this.#caseOf.get(row)!;
    const medianOf = (pick: (figures: Figures) => number | undefined) => {
      const values = all.map(pick).filter((value) => value !== undefined);
      return values.length > 0 ? median(values) : null;
    };
    const numbers = Object.fromEntries(NUMBERS.map((name) => [name, medianOf((figures) => figures[name])]));
    const more = new Set(all.flatMap((figures) => Object.keys(figures.more ?? {})));
    return {
      case: row,
      unit: all[0]!.unit,
      ...(numbers as Record<(typeof NUMBERS)[number], number | null>),
      ...(this.#syscalls.has(row) ? { syscallsPerMessage: this.#syscalls.get(row)! } : {}),
      ...(more.size > 0
        ? { more: Object.fromEntries([...more].map((name) => [name, medianOf((figures) => figures.more?.[name])!])) }
        : {}),
      ...(note ? { note } : {}),
      ...(this.#disturbed.has(row) ? { disturbed: { rounds: this.#disturbed.get(row)!, of: rounds.size } } : {}),
    };
  }
}

/** A case's rows begin as it does, so that `--only` means for rows what it means for cases. */
function rowOf(bench: BenchCase, { row = bench.name }: Figures): string {
  const family = `${bench.name.split('.')[0]}.`;
  if (row === bench.name || row.startsWith(family)) return row;
  throw new Error(`row ${row} of case ${bench.name} must begin with "${family}"`);
}
