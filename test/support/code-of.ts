/** The `code` of what `act` throws; undefined where it throws nothing. */
export function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code;
  }
  return undefined;
}
