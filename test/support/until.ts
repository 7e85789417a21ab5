import { setImmediate as turn } from 'node:timers/promises';

/** Resolves once `condition` holds, looked at after every turn of the event loop; the test's own limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
