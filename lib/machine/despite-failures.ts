/** Does it for one after the other, whatever becomes of those before; rejects with the first failure when all are done. */
export async function despiteFailures<T>(items: Iterable<T>, action: (item: T) => Promise<void>): Promise<void> {
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
