/** What does a request cost that comes after a pause, when either side may have gone to sleep meanwhile? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { PAUSED_NOTE, pausedFigures } from './paused.ts';

/** The gap's name, its microseconds, and whether `--quick` has it. */
const GAPS = [
  ['1us', 1, false],
  ['10us', 10, true],
  ['100us', 100, false],
  ['1ms', 1000, true],
  ['10ms', 10_000, false],
] as const;

/** Fifteen cases a round: the others would wait long. */
const ROUNDS = 3;

/** Every idle strategy that there is; a case each, so that a plot has a line each. */
const STRATEGIES = {
  adaptive: 'looks for as long as that has paid, then sleeps',
  park: 'sleeps at once',
  spin: 'never sleeps',
} as const;

const NOTE =
  'A gap is from an answer to the next request; gapUs is what it came to. Latency includes a look at the clock (50 ns). ' +
  `${PAUSED_NOTE} In --quick and at 10 ms the p99 is from few requests.`;

const gapCase = (strategy: keyof typeof STRATEGIES, [name, gapUs, inQuick]: (typeof GAPS)[number]): BenchCase => ({
  name: `gap.${strategy}.${name}`,
  about: `await request() every ${name}, native: ${STRATEGIES[strategy]}`,
  note: NOTE,
  // A busy asker on the only core would measure how long the system lets it run.
  needsTwoCores: gapUs < 1000,
  rounds: ROUNDS,
  quickRounds: inQuick ? 1 : 0,
  trial: async (setting) => {
    const job = { transport: 'link', engine: 'native', idle: strategy, gapUs } as const;
    return [await pausedFigures(job, setting)];
  },
});

export const cases: readonly BenchCase[] = (Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[]).flatMap(
  (strategy) => GAPS.map((gap) => gapCase(strategy, gap)),
);

/** What adaptive takes of both CPUs where it should sleep at once. */
export const ratios: readonly Ratio[] = GAPS.map(([name]) => ({
  of: `gap.adaptive.${name}`,
  over: `gap.park.${name}`,
  by: 'cpuNsPerMessage',
  goal: { atMost: 1.05 },
}));
