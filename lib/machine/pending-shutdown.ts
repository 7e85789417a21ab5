import type { Clock } from '../device/clock.ts';
import type { DomainEnd, ShutdownOptions } from './operations.ts';

const SECOND = 1_000_000;

/** A call of a domain's `shutdown` that has not settled. */
export class PendingShutdown {
  readonly reason: ShutdownOptions['reason'];
  /** In seconds. 0 is no limit. */
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

  /** Calls `onLate` after the timeout, unless the call has settled by then. */
  setDeadline(clock: Clock, onLate: () => void): void {
    if (this.timeout > 0) this.#cancelDeadline = clock.after(this.timeout * SECOND, onLate);
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
