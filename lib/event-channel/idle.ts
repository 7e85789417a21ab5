import { CtrlIfError } from '../errors.ts';
import { checkKeys } from '../unknown-key.ts';

/**
 * What a link does when nothing comes:
 * - `spin`: it never sleeps. The lowest latency, and a core each side.
 * - `adaptive`: it goes on looking for as long as that has been paying, and sleeps else.
 * - `park`: it sleeps at once. The least CPU.
 * - `spinMicroseconds`: it looks for so long after the last message, always.
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
 * A message this soon after the one before is worth looking for, in milliseconds: sleeping and being woken takes both
 * sides more CPU than that (docs/decisions/0007).
 */
const PROMPT = 0.04;
/** How long it goes on looking at least once that has paid; at most it is {@link PROMPT}. */
const LEAST = 0.005;
/** The first time it looks until the peer is awake as well, which takes 50 us and more. */
const ENTRY = 0.2;
/** No look has paid yet. */
const UNKNOWN = -1;

/**
 * How long to look before sleeping, in milliseconds. The adaptive one looks twice as long as it has lately had to wait,
 * and stops when that was in vain, until {@link raise}.
 */
export class IdleBudget {
  readonly #adaptive: boolean;
  #milliseconds: number;
  /** The moving average of how long looks that paid have taken. */
  #wait = UNKNOWN;

  readonly #most: number;
  readonly #scale: number;

  /**
   * @param useful whether looking can find anything: the peer runs beside
   * @param scale how many times dearer than the native engine's its looks and wake-ups are
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

  /** Work came after so many milliseconds of looking in vain. */
  paid(waited: number): void {
    if (!this.#adaptive || this.#milliseconds === 0) return;
    this.#wait = this.#wait < 0 ? waited : this.#wait + (waited - this.#wait) / 4;
    this.#milliseconds = Math.min(this.#most, Math.max(this.#scale * LEAST, 2 * this.#wait));
  }

  /** The budget was spent in vain. */
  spent(): void {
    if (this.#adaptive) this.#milliseconds = 0;
  }

  /** Looking would have paid, had the peer looked as well: both now do. */
  raise(): void {
    if (!this.#adaptive || this.#milliseconds > 0) return;
    this.#milliseconds = this.#scale * ENTRY;
    this.#wait = UNKNOWN;
  }
}

/**
 * Two sides that both sleep see the other's wake-up time, not its speed. So who rings says whether its message came
 * promptly after the peer's, and when both did so in turn, they would have found each other by looking.
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
