import type { IdleStrategy } from './idle-strategy.ts';
import { PROMPT } from './promptness.ts';

/** The least budget after polling has found a message, in milliseconds; the most is {@link PROMPT}. */
const LEAST = 0.005;
/** The first budget after a {@link IdleBudget.raise}, in milliseconds: it lasts until the peer is awake, 50 us and more. */
const ENTRY = 0.2;
/** Polling has found no message yet. */
const UNKNOWN = -1;

/**
 * How long to poll before sleeping, in milliseconds. With `adaptive` it is twice the time that messages have lately taken to
 * come, and 0 once no message came within it, until {@link raise}.
 */
export class IdleBudget {
  readonly #adaptive: boolean;
  #milliseconds: number;
  /** The moving average of how long polling took until a message came. */
  #wait = UNKNOWN;

  readonly #most: number;
  readonly #scale: number;

  /**
   * @param useful whether polling can find anything: the peer can run meanwhile
   * @param scale what a poll and a wake-up cost, as a multiple of the native engine's
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

  /** Work came after so many milliseconds of polling in vain. */
  paid(waited: number): void {
    if (!this.#adaptive || this.#milliseconds === 0) return;
    this.#wait = this.#wait < 0 ? waited : this.#wait + (waited - this.#wait) / 4;
    this.#milliseconds = Math.min(this.#most, Math.max(this.#scale * LEAST, 2 * this.#wait));
  }

  /** No work came within the budget. */
  spent(): void {
    if (this.#adaptive) this.#milliseconds = 0;
  }

  /** Polling would have found messages if both sides had polled; both do from now on. */
  raise(): void {
    if (!this.#adaptive || this.#milliseconds > 0) return;
    this.#milliseconds = this.#scale * ENTRY;
    this.#wait = UNKNOWN;
  }
}
