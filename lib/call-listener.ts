/**
 * Calls a listener of the user's. What it throws becomes an uncaught exception of its own, as with any event: it does not
 * reach the code that emits, which may be in the middle of a turn over the rings.
 */
export function callListener(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    throwUncaught(error);
  }
}

/** Throws `error` when the running code is done, as an uncaught exception. */
export function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
