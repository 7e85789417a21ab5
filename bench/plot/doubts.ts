/** Why the figures of a run are not to be quoted. */
import { BUSY_AFTER, BUSY_BEFORE } from '../harness/calm.ts';
import type { Machine } from '../harness/machine.ts';

export function doubtsOf({ quick, rounds, loadAverage, loadAverageAfter }: Machine): string[] {
  const busy = loadAverage > BUSY_BEFORE || loadAverageAfter > BUSY_AFTER;
  return [...(quick ? [`quick run, ${rounds} short rounds`] : []), ...(busy ? ['other work on the machine'] : [])];
}
