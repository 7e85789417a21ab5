import type { Clock } from '../device/clock.ts';
import type { DomainEnd, ShutdownOptions } from './operations.ts';

const SECOND = 1_000_000;

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

  /** `onLate` is called when its time is over, unless it is settled by then. */
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
