/**
 * The longest time between two messages for which polling uses less CPU than a sleep and a wake-up, in milliseconds
 * (docs/decisions/0007).
 */
export const PROMPT = 0.04;

/**
 * While both sides sleep between messages, each sees the other's wake-up time and not its speed. So a side that rings also says
 * whether its message came promptly after the peer's. When both messages came promptly, polling would have found them.
 */
export class Promptness {
  readonly #prompt: number;
  #lastWork = Number.NEGATIVE_INFINITY;
  #rangPromptly = false;

  constructor(scale = 1) {
    this.#prompt = scale * PROMPT;
  }

  /** This side took or sent messages at `now`. */
  worked(now: number): void {
    this.#lastWork = now;
  }

  /** This side rings at `now`. Returns whether its message comes promptly after the peer's. */
  rings(now: number): boolean {
    this.#rangPromptly = now - this.#lastWork < this.#prompt;
    return this.#rangPromptly;
  }

  /** The peer rang and said whether its message came promptly after this side's. Returns whether both messages did. */
  rung(promptly: boolean): boolean {
    return promptly && this.#rangPromptly;
  }
}
