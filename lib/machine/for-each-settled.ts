/** Runs `action` for one item after the other, also after a failure. Then rejects with the first failure, if there was one. */
export async function forEachSettled<T>(items: Iterable<T>, action: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      await action(item);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
