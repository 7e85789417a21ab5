import type { LostEvents } from './operations.ts';

/** A queue for a reader that may be slow. A full queue drops its oldest item, and the reader gets the number of dropped items. */
export class BoundedQueue<T> implements AsyncIterableIterator<T | LostEvents> {
  readonly #limit: number;
  readonly #onEnd: () => void;
  readonly #items: T[] = [];
  #lost = 0;
  #isEnded = false;
  /** One for each call of `next` that waits. */
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number, onEnd: () => void = () => {}) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  push(item: T): void {
    if (this.#isEnded) return;
    if (this.#items.length >= this.#limit) {
      this.#items.shift();
      this.#lost++;
    }
    this.#items.push(item);
    this.#wake();
  }

  /** Adds `count` items that were dropped before they reached this queue. */
  addLost(count: number): void {
    this.#lost += count;
    this.#wake();
  }

  /** Takes no further items. The reader still gets those that wait. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
    this.#wake();
  }

  async next(): Promise<IteratorResult<T | LostEvents>> {
    for (;;) {
      if (this.#lost > 0) {
        const count = this.#lost;
        this.#lost = 0;
        return { done: false, value: { kind: 'lost', count } };
      }
      if (this.#items.length > 0) return { done: false, value: this.#items.shift()! };
      if (this.#isEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async return(): Promise<IteratorResult<T | LostEvents>> {
    this.#items.length = 0;
    this.#lost = 0;
    this.end();
    return { done: true, value: undefined };
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
