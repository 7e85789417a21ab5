/** What a case is: the one type that `bench/cases/*` export and the harness runs. */
import type { Row } from './report.ts';

/** How one trial is to be run. */
export interface Setting {
  /** From 0. */
  readonly round: number;
  readonly quick: boolean;
  /** The two CPUs to pin to, asker and answerer; undefined where there is one only, or nothing to pin with. */
  readonly cpus: readonly [number, number] | undefined;
  /** Milliseconds to run before anything is timed, and to time. A case may take less, and should not take more. */
  readonly warmupMs: number;
  readonly timedMs: number;
  /** Count system calls between the peers' two markers instead of taking times: the one extra trial under strace. */
  readonly countSyscalls: boolean;
}

/** The figures of one row from one trial; each becomes a median. */
export interface Figures extends Omit<Row, 'case' | 'disturbed'> {
  /** The row's name where a case has several; it begins with the first part of the case's. Default: the case's name. */
  readonly row?: string;
}

/** Its label and its place are those of the rows that have none of their own. */
export interface BenchCase extends Readonly<Pick<Row, 'label' | 'at'>> {
  /** Dotted, most general part first: `--only` takes the name or any leading part of it. */
  readonly name: string;
  /** One line: what is measured. */
  readonly about: string;
  /** What a reader of the row must know, such as that a sample is a mean. Goes into the JSON beside the row. */
  readonly note?: string;
  /** With one core its figure would mislead, so there it is left out and listed as absent. */
  readonly needsTwoCores: boolean;
  /** It pins both sides to a place of its own choice, so where nothing can be pinned it is left out. */
  readonly needsPinning?: boolean;
  /** Whether to run one extra trial with `countSyscalls`: never (the default), in every run, or in full ones only. */
  readonly syscalls?: 'always' | 'full' | 'never';
  /** How many rounds at most, for a case whose figures do not change from round to round. Default: all. */
  readonly rounds?: number;
  /** The same with `--quick`, which is to take less than a minute: 0 leaves the case out. Default: `rounds`. */
  readonly quickRounds?: number;
  /** Why it cannot run here (a rival that is not installed), in a sentence; undefined when it can. */
  absent?(): Promise<string | undefined>;
  /**
   * One trial, in fresh processes (see `harness/process.ts`). Rejects when anything is wrong, a sequence number above
   * all: then the whole run has no figures.
   */
  trial(setting: Setting): Promise<readonly Figures[]>;
}

/**
 * The cost of one row over that of another, where the cost of a row is its `p50`, or where it has none the time a
 * message (1 / `perSecond`). Taken in each round, then the median of the rounds.
 */
export interface Ratio {
  readonly of: string;
  /** Rows of which one stands for `of`, which then is no row: that with the lowest cost, by the median of the rounds. */
  readonly best?: readonly string[];
  readonly over: string;
  /** What is compared instead of the cost: a figure of that name, from the row or its `more`. */
  readonly by?: string;
  /** In the picture of the goals: "round trip: native / C++ to C++". Default: the names of the rows. */
  readonly label?: string;
  /** From the issue's table; said in the printed summary, decides nothing. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
}
