/** What a request costs that comes after a pause. */
import { drawPaused } from './paused.ts';
import type { Plot } from './plot.ts';

const STRATEGIES: Readonly<Record<string, string>> = {
  adaptive: 'adaptive, the default',
  park: 'park: asleep at once',
  spin: 'spin: never asleep',
};

export const gap: Plot = {
  name: 'gap',
  alt: 'p50 latency and CPU time of a request against the pause before it, by idle strategy',
  draw: (report) =>
    drawPaused(report, {
      family: 'gap',
      title: 'What a request costs after a pause',
      how: 'await request(), native, one at a time. Lower is better. One line of the grid is 10 times the one before it, both ways.\nAfter a long enough pause both sides sleep, and the request pays for waking them.',
      busyLine: true,
      lineOf: (strategy) => STRATEGIES[strategy] ?? strategy,
    }),
};
