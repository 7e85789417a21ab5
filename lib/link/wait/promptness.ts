/**
 * A message that follows the last one within this time, in milliseconds, is worth polling for: a sleep and a wake-up take
 * both sides more CPU than that (docs/decisions/0007).
 */
export const PROMPT = 0.04;

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
