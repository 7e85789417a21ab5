import type { IdleStrategy } from './idle-strategy.ts';
import { PROMPT } from './promptness.ts';

/** The least budget after polling has found a message, in milliseconds; the most is {@link PROMPT}. */
const LEAST = 0.005;
/** The first budget after {@link IdleBudget.raise}, in milliseconds. It covers the peer's wake-up, which takes 50 us or more. */
const ENTRY = 0.2;
/** Polling has found no message yet. */
const UNKNOWN = -1;

/**
 * How long to poll before sleeping, in milliseconds. With `adaptive` it is twice the time that polling recently took until a message
 * came. When no message comes within the budget it becomes 0, until {@link raise}.
 */
export class IdleBudget {
  readonly #adaptive: boolean;
  #milliseconds: number;
  /** The moving average of how long polling took until a message came. */
  #wait = UNKNOWN;

  readonly #most: number;
  readonly #scale: number;

  /**
   * @param useful whether the peer can run while this side polls
   * @param scale the cost of a poll and a wake-up, as a multiple of the native engine's
   */
  constructor(idle: IdleStrategy, useful: boolean, scale = 1) {
    this.#adaptive = useful && idle === 'adaptive';
    this.#scale = scale;
    this.#most = scale * PROMPT;
    if (!useful || idle === 'park') this.#milliseconds = 0;
    else if (idle === 'spin') this.#milliseconds = Number.POSITIVE_INFINITY;
    else if (idle === 'adaptive') this.#milliseconds = this.#most;
    else this.#milliseconds = idle.spinMicroseconds / 1000;
  }

  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** A message came after `waited` milliseconds of polling. */
  paid(waited: number): void {
    if (!this.#adaptive || this.#milliseconds === 0) return;
    this.#wait = this.#wait < 0 ? waited : this.#wait + (waited - this.#wait) / 4;
    this.#milliseconds = Math.min(this.#most, Math.max(this.#scale * LEAST, 2 * this.#wait));
  }

  /** No message came within the budget. */
  spent(): void {
    if (this.#adaptive) this.#milliseconds = 0;
  }

  /** Polling by both sides would have found messages, so both start to poll. */
  raise(): void {
    if (!this.#adaptive || this.#milliseconds > 0) return;
    this.#milliseconds = this.#scale * ENTRY;
    this.#wait = UNKNOWN;
  }
}
