/** Why the figures of a run are not to be quoted. */
import type { Machine } from '../harness/machine.ts';

/** As in `harness/run.ts`: load above which others had a part in the figures. */
const BUSY_BEFORE = 0.5;
const BUSY_AFTER = 2.5;

export function doubtsOf({ quick, rounds, loadAverage, loadAverageAfter }: Machine): string[] {
  const busy = loadAverage > BUSY_BEFORE || loadAverageAfter > BUSY_AFTER;
  return [...(quick ? [`quick run, ${rounds} short rounds`] : []), ...(busy ? ['other work on the machine'] : [])];
}
