/** What a request costs after a silence, beside what one would use instead. */
import { drawPaused } from './paused.ts';
import type { Plot } from './plot.ts';
import { labelOf } from './rows.ts';

export const wakeup: Plot = {
  name: 'wakeup',
  alt: 'p50 latency and CPU time of a request against the silence before it: ctrl-if, a Unix socket and process.send',
  draw: (report) =>
    drawPaused(report, {
      family: 'wakeup',
      title: 'What a request costs after a silence',
      how: 'ctrl-if (await request(), native) and two rivals, both sides on a core each or on one. Lower is better.\nOne line of the grid is 10 times the one before it, both ways.',
      busyLine: false,
      lineOf: (rest) => labelOf(`wakeup.${rest.replace('await.native', 'ctrl-if')}`),
    }),
};
