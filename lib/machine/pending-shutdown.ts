import type { DomainEnd, ShutdownOptions } from './operations.ts';

/** One call of a domain's `shutdown`, until it is settled. */
export class PendingShutdown {
  readonly reason: ShutdownOptions['reason'];
  /** Seconds; 0 is none. */
  readonly timeout: number;
  readonly outcome: Promise<DomainEnd>;
  #resolve: (end: DomainEnd) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #cancelDeadline: () => void = () => {};

  constructor(reason: ShutdownOptions['reason'], timeout: number) {
    this.reason = reason;
    this.timeout = timeout;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** `start` starts the timer and returns the function that stops it. */
  setDeadline(start: () => () => void): void {
    if (this.timeout > 0) this.#cancelDeadline = start();
  }

  cancelDeadline(): void {
    this.#cancelDeadline();
  }

  resolve(end: DomainEnd): void {
    this.#cancelDeadline();
    this.#resolve(end);
  }

  reject(error: unknown): void {
    this.#cancelDeadline();
    this.#reject(error);
  }
}
