import { closeSync, openSync } from 'node:fs';

/** Guests that can be turned away in the time that it takes to hang up on the first of them. */
const RESERVED = 16;

/**
 * Descriptors kept for hard times. In a process that has as many as it may, accept() fails, and libuv hangs up on who
 * came without a word. So one is always left free, if need be out of this reserve, and whoever comes while the reserve
 * is not whole can be told why it is turned away.
 */
export class DescriptorReserve {
  readonly #held: number[] = [];

  /**
   * Fills the reserve as far as it goes and leaves one descriptor free beside it; to be called whenever some were taken
   * or given back. Returns whether the reserve is whole.
   */
  settle(): boolean {
    try {
      while (this.#held.length <= RESERVED) this.#held.push(openSync('/dev/null', 'r'));
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error;
    }
    const whole = this.#held.length > RESERVED;
    const free = this.#held.pop();
    if (free !== undefined) closeSync(free);
    return whole;
  }

  release(): void {
    for (const descriptor of this.#held.splice(0)) closeSync(descriptor);
  }
}

/** Whether the process (EMFILE) or the system (ENFILE) has none left; of ours, an error says so by its cause. */
export function isOutOfDescriptors(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE' || (cause !== undefined && isOutOfDescriptors(cause));
}
