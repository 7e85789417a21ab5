import { CtrlIfError } from '../errors.ts';
import { checkKeys } from '../unknown-key.ts';

/**
 * What a link does when nothing comes:
 * - `spin`: it never sleeps. The lowest latency; takes a core on each side.
 * - `adaptive`: it polls for as long as polling has lately found messages in time, and otherwise sleeps.
 * - `park`: it sleeps at once. The least CPU.
 * - `spinMicroseconds`: it polls for so long after each message, then sleeps.
 */
export type IdleStrategy = 'spin' | 'adaptive' | 'park' | { readonly spinMicroseconds: number };

export const DEFAULT_IDLE: IdleStrategy = 'adaptive';

/** Throws `ERR_CTRL_IF_VALUE` for anything but an {@link IdleStrategy}. */
export function checkIdleStrategy(idle: IdleStrategy): IdleStrategy {
  if (idle === 'spin' || idle === 'adaptive' || idle === 'park') return idle;
  const microseconds = (idle as { spinMicroseconds?: unknown } | null)?.spinMicroseconds;
  if (typeof idle === 'object' && idle !== null) checkKeys('idle', idle, ['spinMicroseconds']);
  if (typeof microseconds === 'number' && microseconds >= 0) return idle;
  throw new CtrlIfError(
    'ERR_CTRL_IF_VALUE',
    `${JSON.stringify(idle)} is no idle strategy; use 'spin', 'adaptive', 'park' or { spinMicroseconds: 0 or more }`,
    { field: 'idle', received: idle },
  );
}

/**
 * A message that follows the last one within this time, in milliseconds, is worth polling for: a sleep and a wake-up take
 * both sides more CPU than that (docs/decisions/0007).
 */
const PROMPT = 0.04;
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

/**
 * When both sides sleep, each sees the other's wake-up time and not its speed. So a side that rings says whether its message
 * came promptly after the peer's. If both sides' messages did, polling would have found them.
 */
export class Promptness {
  readonly #prompt: number;
  #lastWork = Number.NEGATIVE_INFINITY;
  #rangPromptly = false;

  constructor(scale = 1) {
    this.#prompt = scale * PROMPT;
  }

  worked(now: number): void {
    this.#lastWork = now;
  }

  /** This side rings at `now`; returns whether its message comes promptly after the peer's. */
  rings(now: number): boolean {
    this.#rangPromptly = now - this.#lastWork < this.#prompt;
    return this.#rangPromptly;
  }

  /** The peer rang, and said whether its message came promptly after this side's; returns whether both did. */
  rung(promptly: boolean): boolean {
    return promptly && this.#rangPromptly;
  }
}
