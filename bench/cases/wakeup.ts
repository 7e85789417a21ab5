/** What does a request cost after a silence, here and over what one would use instead? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import type { GapJob } from '../peers/gap.ts';
import { PAUSED_NOTE, pausedFigures } from './paused.ts';
import { bothPlacements, ONE_CORE, onOneCore } from './peers.ts';

/** The silence's name, its microseconds, and how many requests there are to be at least: a median needs some. */
const SILENCES = [
  ['100us', 100, 0],
  ['500us', 500, 0],
  ['2ms', 2000, 0],
  ['10ms', 10_000, 40],
  ['100ms', 100_000, 8],
] as const;
type Silence = (typeof SILENCES)[number];
/** The one that `--quick` has. */
const QUICK = '2ms';
/** The waiting takes most of a trial, and there are many. */
const ROUNDS = 3;
/** Of the time of a trial, for requests; the rest is its control run (`bench/peers/gap.ts`). */
const FOR_REQUESTS = 0.7;

const NOTE = `A silence is from an answer to the next request. ${PAUSED_NOTE} At 10 ms the p99 is the longest of a few dozen, and at 100 ms of eight.`;

interface Waker {
  readonly name: string;
  readonly about: string;
  readonly job: Omit<GapJob, 'gapUs' | 'warmupMs' | 'timedMs' | 'cpus'>;
  readonly silence: Silence;
}

function wakeupCase({ name, about, job, silence }: Waker, oneCore: boolean): BenchCase {
  const [called, gapUs, requests] = silence;
  return {
    name,
    about,
    note: NOTE,
    // A busy asker on the only core would measure how long the system lets it run.
    needsTwoCores: gapUs < 1000,
    ...(oneCore ? { needsPinning: true } : {}),
    rounds: ROUNDS,
    quickRounds: called === QUICK ? 1 : 0,
    async trial(given) {
      const setting = oneCore ? onOneCore(given) : given;
      const longEnough = setting.quick ? 0 : (requests * gapUs) / 1000 / FOR_REQUESTS;
      return [await pausedFigures({ ...job, gapUs }, setting, Math.max(setting.timedMs, longEnough))];
    },
  };
}

const waker = (name: string, what: string, job: Waker['job'], silence: Silence): Waker => ({
  name: `wakeup.${name}.${silence[0]}`,
  about: `a request after ${silence[0]} of silence: ${what}`,
  job,
  silence,
});

const ASKERS = {
  'await.native': ['await request(), native', { transport: 'link', engine: 'native' }],
  unixSocket: ['node:net over a Unix socket', { transport: 'unix-socket' }],
  processSend: ["process.send, serialization 'json'", { transport: 'process-send', serialization: 'json' }],
} as const;

export const cases: readonly BenchCase[] = [
  ...Object.entries(ASKERS).flatMap(([name, [what, job]]) =>
    SILENCES.flatMap((silence) => bothPlacements(wakeupCase, waker(name, what, job, silence))),
  ),
];

/** Of a rival at its best over ours on two cores, where all other figures of ours are from; then both on one. */
export const ratios: readonly Ratio[] = ['unixSocket', 'processSend'].flatMap((name) =>
  SILENCES.flatMap(([silence]) => {
    const [row, ours] = [`wakeup.${name}.${silence}`, `wakeup.await.native.${silence}`];
    return [
      { of: `${row}.best`, best: [row, row + ONE_CORE], over: ours },
      { of: row + ONE_CORE, over: ours + ONE_CORE },
    ];
  }),
);
