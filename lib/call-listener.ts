/**
 * Calls a listener of the user's. An error that it throws becomes an uncaught exception, as with any event. It does not reach
 * the caller, which may be in the middle of a turn over the rings.
 */
export function callListener(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    throwUncaught(error);
  }
}

/** Throws `error` as an uncaught exception once the running code has returned. */
export function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
