import type { Clock } from '../../lib/device/clock.ts';

/** A clock that a test advances. */
export class TestClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  readonly now = (): number => this.#now;

  /** The number of timers that have not been called. */
  get waiting(): number {
    return this.#timers.size;
  }

  after(usec: number, callback: () => void): () => void {
    const timer = { at: this.#now + usec, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  pass(usec: number): void {
    const end = this.#now + usec;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      const next = due[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }
}
