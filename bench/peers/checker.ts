/** In band, so that a side which spins and hears nothing else knows where the measured part begins and ends. */
export const NO_MARK = 0;
export const BEGIN = 1;
export const END = 2;
export const STOP = 3;
export type Mark = number;

export function cpuNs(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) * 1000;
}

/** Thrown by whoever receives a message out of turn: a run that saw one has no figures. */
export function wrongSequence(side: 'front' | 'back', expected: number, received: number): Error {
  return new Error(
    `wrong sequence number at the ${side}: expected ${expected}, received ${received}; messages were lost, doubled or reordered`,
  );
}

/** The back's half of the bargain: it sees every message, in order, and takes its CPU time at the marks. */
export class Checker {
  /** CPU time of this process between BEGIN and END. */
  spentNs = 0;
  /** STOP has come: answer it, then end. */
  stopped = false;
  readonly #onStop: () => void;
  #expected = 0;
  #beganNs = 0;

  constructor(onStop: () => void = () => {}) {
    this.#onStop = onStop;
  }

  take(sequence: number, mark: Mark): void {
    if (sequence !== this.#expected) throw wrongSequence('back', this.#expected, sequence);
    this.#expected = (this.#expected + 1) >>> 0;
    if (mark !== NO_MARK) this.#take(mark);
  }

  #take(mark: Mark): void {
    if (mark === BEGIN) this.#beganNs = cpuNs();
    else if (mark === END) this.spentNs = cpuNs() - this.#beganNs;
    else if (mark === STOP) {
      this.stopped = true;
      this.#onStop();
    }
  }
}
