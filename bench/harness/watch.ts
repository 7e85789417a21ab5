/** Runs trials and looks what else ran meanwhile. */
import { CALM, DISTURBED, elsewhere, type ReadCpu, type Reading, sharesBetween, untilCalm } from './calm.ts';
import type { Figures } from './case.ts';
import type { Others } from './machine.ts';

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
  readonly #read: ReadCpu;
  readonly #mayRepeat: number;
  #calmBefore: boolean | undefined;
  #waitedSeconds = 0;
  #trials = 0;
  #repeated = 0;
  #disturbed = 0;
  /** Sums over all trials: what there was, what others used, what was stolen. */
  readonly #sum = { total: 0, foreign: 0, stolen: 0 };

  /** @param trials how many there will be, without those that are run again */
  constructor(read: ReadCpu, trials: number) {
    this.#read = read;
    this.#mayRepeat = Math.ceil(trials * MOST_REPEATED);
  }

  async untilCalm(progress: (line: string) => void): Promise<void> {
    if (!this.#read()) {
      progress('this system does not tell what else runs (no /proc/stat): not waiting for a calm machine');
      return;
    }
    const { calm, seconds } = await untilCalm(progress, this.#read);
    this.#calmBefore = calm;
    this.#waitedSeconds = seconds;
  }

  async trial(work: () => Promise<readonly Figures[]>): Promise<Watched> {
    const began = performance.now();
    const before = this.#read();
    const figures = await work();
    const after = this.#read();
    const ms = performance.now() - began;
    const shares = sharesBetween(before, after);
    this.#trials++;
    if (shares) this.#add(before!, after!);
    return { figures, elsewhere: elsewhere(shares), ms };
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
    const { total, foreign, stolen } = this.#sum;
    if (total === 0) return undefined;
    const shares = { foreign: Math.max(0, foreign) / total, stolen: stolen / total };
    return {
      ...shares,
      // A run that did not wait is judged by itself.
      calmBefore: this.#calmBefore ?? elsewhere(shares) <= CALM,
      waitedSeconds: this.#waitedSeconds,
      trials: this.#trials,
      repeated: this.#repeated,
      disturbed: this.#disturbed,
    };
  }

  /** What ticks say too much of in one trial they say too little of in another. */
  #add(before: Reading, after: Reading): void {
    this.#sum.total += after.total - before.total;
    this.#sum.foreign += after.busy - before.busy - (after.own - before.own);
    this.#sum.stolen += after.stolen - before.stolen;
  }
}
