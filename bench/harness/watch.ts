/** Runs trials and watches what else runs meanwhile. */
import { CALM, DISTURBED, elsewhere, type ReadLoad, sharesOf, Ticks, untilCalm } from './calm.ts';
import type { Figures } from './case.ts';
import type { Others } from './report.ts';

export interface Watched {
  readonly figures: readonly Figures[];
  /** The part of the CPU time that went elsewhere. */
  readonly elsewhere: number;
  readonly ms: number;
}

/** Trials that are run again come to at most this part of all. */
const MOST_REPEATED = 0.1;
/** A trial that takes longer is not run again: a run is to have an end. */
const LONGEST_REPEATED_MS = 10_000;

export class Watch {
  readonly #read: ReadLoad;
  readonly #cpus: readonly number[] | undefined;
  readonly #mayRepeat: number;
  #calmBefore: boolean | undefined;
  #trials = 0;
  #repeated = 0;
  #disturbed = 0;
  readonly #ticks = new Ticks();

  /** @param cpus those that count; default all. @param trials how many there will be, without those that are run again */
  constructor(read: ReadLoad, cpus: readonly number[] | undefined, trials: number) {
    this.#read = read;
    this.#cpus = cpus;
    this.#mayRepeat = Math.ceil(trials * MOST_REPEATED);
  }

  async untilCalm(progress: (line: string) => void): Promise<void> {
    if (this.#read()) this.#calmBefore = await untilCalm(progress, this.#read, this.#cpus);
    else progress('this system does not tell what else runs (no /proc/stat): not waiting for a calm machine');
  }

  async trial(work: () => Promise<readonly Figures[]>): Promise<Watched> {
    const began = performance.now();
    const before = this.#read();
    const figures = await work();
    const shares = this.#ticks.add(before, this.#read(), this.#cpus);
    this.#trials++;
    return { figures, elsewhere: elsewhere(shares), ms: performance.now() - began };
  }

  isDisturbed({ elsewhere: share }: Watched): boolean {
    return share > DISTURBED;
  }

  /** Whether a disturbed trial may be run again; counts that it is. */
  repeat({ ms }: Watched): boolean {
    if (this.#repeated >= this.#mayRepeat || ms > LONGEST_REPEATED_MS) return false;
    this.#repeated++;
    return true;
  }

  /** To be told of each disturbed trial whose figures are kept. */
  kept(): void {
    this.#disturbed++;
  }

  /** Undefined where the system does not tell. */
  others(): Others | undefined {
    if (this.#ticks.total === 0) return undefined;
    const shares = sharesOf(this.#ticks);
    return {
      ...shares,
      // A run that did not wait is judged by itself.
      calmBefore: this.#calmBefore ?? elsewhere(shares) <= CALM,
      trials: this.#trials,
      repeated: this.#repeated,
      disturbed: this.#disturbed,
    };
  }
}
