import { closeSync, openSync } from 'node:fs';

/** The guests that can be refused before the socket of the first of them closes. */
const RESERVED = 16;

/**
 * Open descriptors that can be closed when the process has no other. In a process at its limit accept() fails, and libuv closes the
 * connection without an answer. The reserve keeps one descriptor free, so that the controller can accept a guest and refuse it with the
 * reason.
 */
export class DescriptorReserve {
  readonly #held: number[] = [];

  /**
   * Fills the reserve as far as possible and leaves one more descriptor free. It must be called after descriptors were opened or closed.
   * Returns whether the reserve is full.
   */
  settle(): boolean {
    try {
      while (this.#held.length <= RESERVED) this.#held.push(openSync('/dev/null', 'r'));
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error;
    }
    const full = this.#held.length > RESERVED;
    const free = this.#held.pop();
    if (free !== undefined) closeSync(free);
    return full;
  }

  release(): void {
    for (const descriptor of this.#held.splice(0)) closeSync(descriptor);
  }
}

/** Whether the process (EMFILE) or the system (ENFILE) has no descriptor left, by the code of the error or of its cause. */
export function isOutOfDescriptors(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE' || (cause !== undefined && isOutOfDescriptors(cause));
}
