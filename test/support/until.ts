import { setImmediate as turn } from 'node:timers/promises';

/** Resolves once `condition` holds, checked after every turn of the event loop. The test's own timeout ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
