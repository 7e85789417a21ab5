/** How long a side that spins waits for a message. The other may be descheduled, never for this long. */
const LONGEST_MS = 5000;
const LOOKS_BETWEEN_CLOCKS = 256;

/** For a wait without the event loop: notices that the other side is gone, or says nothing any more. */
export class Patience {
  readonly #ensureAlive: () => void;
  #looks = 0;
  #deadline = 0;

  constructor(ensureAlive: () => void) {
    this.#ensureAlive = ensureAlive;
  }

  /** To be called after each look in vain, and {@link reset} after a message. */
  check(): void {
    if (++this.#looks % LOOKS_BETWEEN_CLOCKS !== 0) return;
    this.#ensureAlive();
    const now = performance.now();
    if (this.#deadline === 0) this.#deadline = now + LONGEST_MS;
    else if (now > this.#deadline) throw new Error(`no message for ${LONGEST_MS / 1000} s: one was lost`);
  }

  reset(): void {
    this.#looks = 0;
    this.#deadline = 0;
  }
}
