/** What the cases of two sides have in common: a job for `bench/peers`, and figures from its samples. */
import type { BenchCase, Figures, Setting } from '../harness/case.ts';
import { runLimit, whyNoLimit } from '../harness/limit.ts';
import { runProgram } from '../harness/process.ts';
import { roundTripFigures, streamFigures } from '../harness/stats.ts';
import { isThreaded, type Job } from '../peers/job.ts';
import type { Samples } from '../peers/samples.ts';
import { ONE_CORE } from './rivals.ts';

/** For what takes a microsecond or so: reading the clock takes 50 ns, and much has to pass before code is compiled. */
export const FAST = { roundTripsASample: 32, warmupMessages: 20_000 } as const;
const SLOW = { warmupMessages: 2_000 } as const;

export const BATCHED_NOTE = `p50 from means of ${FAST.roundTripsASample} round trips, because reading the clock takes a large part of one; p99 and p999 from single ones, the clock included`;

type Measured = Omit<Job, 'warmupMs' | 'timedMs' | 'cpus'>;

export type PeerCase = Omit<BenchCase, 'trial'> & { readonly job: Measured };

/** A case of the two sides of a transport. */
export function peerCase({ job, ...bench }: PeerCase): BenchCase {
  const { roundTripsASample = 1, measure } = job;
  return {
    ...(measure === 'rtt' && roundTripsASample > 1 && { note: BATCHED_NOTE }),
    // Of the rings and the rivals it never changes; of the links a regression would show.
    syscalls: job.transport === 'link' ? 'always' : 'full',
    ...bench,
    async trial(setting) {
      const whole = { ...SLOW, ...job };
      // A thread pins itself to its half of what the process may use.
      const { cpus } = setting;
      const where = cpus && isThreaded(job) ? { cpus } : {};
      const { result, syscalls } = await runProgram<Samples>('front', whole, setting, where);
      return [figuresOf(measure, result, syscalls)];
    },
  };
}

/** What its rows are called in pictures. */
export const LIMIT_LABEL = 'C++ to C++';

/** A case of the same work in C++ on both sides. */
export function limitCase(
  measure: 'rtt' | 'stream',
  [mode, options]: readonly [mode: string, options: Readonly<Record<string, number>>],
  bench: Omit<BenchCase, 'trial' | 'needsTwoCores'>,
): BenchCase {
  return {
    ...bench,
    needsTwoCores: true,
    absent: () => whyNoLimit('limit'),
    async trial(setting) {
      const { warmupMs, timedMs } = setting;
      const all = { ...options, 'warmup-ms': warmupMs, 'timed-ms': timedMs };
      const { result, syscalls } = await runLimit<Samples>('limit', [mode], all, setting);
      return [figuresOf(measure, result, syscalls)];
    },
  };
}

/** Under strace the times mean nothing. */
function figuresOf(measure: Job['measure'], samples: Samples, syscalls: number | undefined): Figures {
  if (syscalls !== undefined) return { syscallsPerMessage: syscalls / samples.messages };
  const figures = measure === 'rtt' ? roundTripFigures(samples) : streamFigures(samples);
  return samples.more ? { ...figures, more: samples.more } : figures;
}

/**
 * A case in both placements. Where a core halts, and a virtual one is slow to wake, whoever sleeps between messages does
 * better on one core: there the other side is run at once.
 */
export function bothPlacements(bench: BenchCase): BenchCase[] {
  const { syscalls: _, ...onOne } = bench;
  return [
    bench,
    {
      ...onOne,
      name: bench.name + ONE_CORE,
      ...(bench.label && { label: `${bench.label}, one core` }),
      about: `${bench.about}; both sides on one core`,
      needsPinning: true,
      trial: (setting) => bench.trial(onOneCore(setting)),
    },
  ];
}

/** The setting with both sides on the first side's core. */
export function onOneCore(setting: Setting): Setting {
  return setting.cpus ? { ...setting, cpus: [setting.cpus[0], setting.cpus[0]] } : setting;
}
