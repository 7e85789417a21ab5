/**
 * Calls a listener of the user's. What it throws becomes an uncaught exception of its own, as with any event: it does not
 * reach the code that emits, which may be in the middle of a turn over the rings.
 */
export function callListener(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
