/** What does a request cost that comes after a pause, when either side may have gone to sleep meanwhile? */
import type { BenchCase, Ratio, Setting } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { percentiles } from '../harness/stats.ts';
import type { GapFigures } from '../peers/gap.ts';
import type { Job } from '../peers/job.ts';
import { bothPlacements } from './peers.ts';
import { ONE_CORE, RIVALS } from './rivals.ts';

const NOTE =
  "CPU is that of both processes, less what the asker's waiting takes when it waits as often and asks nothing (waitCpuNs). " +
  'Under 1 ms the asker waits busily, so what its own link spends on polling in a gap is not to be seen; from 1 ms on, with timers, it is.';
const GAP_NOTE =
  'A gap is from an answer to the next request; gapUs is what it came to. Latency includes one reading of the clock (50 ns). ' +
  `${NOTE} In --quick and at 10 ms the p99 is from few requests.`;
const WAKEUP_NOTE = `A silence is from an answer to the next request. ${NOTE} At 10 ms the p99 is the longest of a few dozen, and at 100 ms of eight.`;

/** Of the time of a trial, for requests; the rest is its control run (`bench/peers/gap.ts`). */
const FOR_REQUESTS = 0.7;

interface Pause {
  readonly name: string;
  readonly us: number;
  /** Whether `--quick` has it. */
  readonly quick?: boolean;
  /** How many requests there are to be at least: a median needs some. */
  readonly fewest?: number;
}

const pausedCase = (
  names: Pick<BenchCase, 'name' | 'label' | 'about' | 'note'>,
  job: Pick<Job, 'transport' | 'engine' | 'idle' | 'serialization'>,
  { us, quick = false, fewest = 0 }: Pause,
): BenchCase => ({
  ...names,
  // A busy asker on the only core would measure how long the system lets it run.
  needsTwoCores: us < 1000,
  // The waiting takes most of a trial, and there are many.
  rounds: 3,
  quickRounds: quick ? 1 : 0,
  async trial(setting: Setting) {
    const longEnough = setting.quick ? 0 : (fewest * us) / 1000 / FOR_REQUESTS;
    const timedMs = Math.max(setting.timedMs, longEnough);
    const whole = { ...job, measure: 'gap', gapUs: us, timedMs };
    const { result } = await runProgram<GapFigures>('front', whole, setting);
    const { latencyNs, requests, gapUs, cpuNs, waitCpuNs, answererCpuNs: answerer } = result;
    // A control run is a run of its own: where the CPU time is small, its difference can come out below zero.
    const askerCpuNs = Math.max(0, cpuNs - answerer - waitCpuNs) / requests;
    const answererCpuNs = answerer / requests;
    const cpuNsPerMessage = askerCpuNs + answererCpuNs;
    const { p50, p99 } = percentiles(latencyNs);
    return [{ at: gapUs * 1e3, p50, p99, cpuNsPerMessage, more: { gapUs, askerCpuNs, answererCpuNs } }];
  },
});

const GAPS: readonly Pause[] = [
  { name: '1us', us: 1 },
  { name: '10us', us: 10, quick: true },
  { name: '100us', us: 100 },
  { name: '1ms', us: 1000, quick: true },
  { name: '10ms', us: 10_000 },
];

/** Every idle strategy that there is; a case each, so that a plot has a line each. */
const STRATEGIES = {
  adaptive: { label: 'adaptive, the default', about: 'looks for as long as that has paid, then sleeps' },
  park: { label: 'park: asleep at once', about: 'sleeps at once' },
  spin: { label: 'spin: never asleep', about: 'never sleeps' },
} as const;

const gaps = (Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[]).flatMap((idle) =>
  GAPS.map((gap) => {
    const { label, about } = STRATEGIES[idle];
    const what = `await request() every ${gap.name}, native: ${about}`;
    const names = { name: `gap.${idle}.${gap.name}`, label, about: what, note: GAP_NOTE };
    return pausedCase(names, { transport: 'link', engine: 'native', idle }, gap);
  }),
);

const SILENCES: readonly Pause[] = [
  { name: '100us', us: 100 },
  { name: '500us', us: 500 },
  { name: '2ms', us: 2000, quick: true },
  { name: '10ms', us: 10_000, fewest: 40 },
  { name: '100ms', us: 100_000, fewest: 8 },
];

const wakers = RIVALS.filter(({ wakes }) => wakes);
const ASKERS = [
  {
    name: 'await.native',
    label: 'ctrl-if',
    about: 'await request(), native',
    job: { transport: 'link', engine: 'native' } as const,
  },
  ...wakers.map(({ name, label, variants: [first] }) => ({ ...first!, name, label })),
];

const wakeups = ASKERS.flatMap(({ name, label, about, job }) =>
  SILENCES.flatMap((silence) => {
    const what = `a request after ${silence.name} of silence: ${about}`;
    const names = { name: `wakeup.${name}.${silence.name}`, label, about: what, note: WAKEUP_NOTE };
    return bothPlacements(pausedCase(names, job, silence));
  }),
);

export const cases: readonly BenchCase[] = [...wakeups, ...gaps];

export const ratios: readonly Ratio[] = [
  // Of a rival at its best over ours on two cores, where all other figures of ours are from; then both on one.
  ...wakers.flatMap(({ name }) =>
    SILENCES.flatMap((silence) => {
      const [row, ours] = [`wakeup.${name}.${silence.name}`, `wakeup.await.native.${silence.name}`];
      return [
        { of: `${row}.best`, best: [row, row + ONE_CORE], over: ours },
        { of: row + ONE_CORE, over: ours + ONE_CORE },
      ];
    }),
  ),
  // What adaptive takes of both CPUs where it should sleep at once.
  ...GAPS.map(({ name }) => ({
    of: `gap.adaptive.${name}`,
    over: `gap.park.${name}`,
    by: 'cpuNsPerMessage',
    goal: { atMost: 1.05 },
  })),
];
