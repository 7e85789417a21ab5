/** What the cases of two sides have in common: a job for `bench/peers`, and figures from its samples. */
import type { BenchCase, Figures, Setting } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { roundTripFigures, streamFigures } from '../harness/stats.ts';
import { isThreaded, type Job } from '../peers/job.ts';
import type { Samples } from '../peers/samples.ts';

/** Messages in flight in every stream: as many as the control ring has slots. */
export const WINDOW = 8;
/** For what takes a microsecond or so: a look at the clock takes 50 ns, and much has to pass before code is compiled. */
export const FAST = { roundTripsASample: 32, warmupMessages: 20_000 } as const;
const SLOW = { roundTripsASample: 1, warmupMessages: 2_000 } as const;

export const BATCHED_NOTE = `p50 from means of ${FAST.roundTripsASample} round trips, a look at the clock being much of one; p99 and p999 from single ones, the clock included`;

export interface PeerCase
  extends Pick<BenchCase, 'name' | 'about' | 'needsTwoCores' | 'absent' | 'note' | 'rounds' | 'quickRounds'> {
  readonly job: Pick<Job, 'transport' | 'measure'> & Partial<Job>;
  /** Both sides on one core, whatever else the run is pinned to. */
  readonly oneCore?: boolean;
}

/** What the name of a row ends with whose two sides share a core. */
export const ONE_CORE = '.onecore';

/**
 * A case of a rival in both placements. Where a core halts, and a virtual one is slow to wake, whoever sleeps between
 * messages does better on one core: there the other side is run at once.
 */
export function bothPlacements<T extends { readonly name: string; readonly about: string }>(
  make: (one: T, oneCore: boolean) => BenchCase,
  one: T,
): BenchCase[] {
  const { name, about } = one;
  return [make(one, false), make({ ...one, name: name + ONE_CORE, about: `${about}; both sides on one core` }, true)];
}

/** The setting with both sides on the first side's core. */
export function onOneCore(setting: Setting): Setting {
  return setting.cpus ? { ...setting, cpus: [setting.cpus[0], setting.cpus[0]] } : setting;
}

export function peerCase({ job, note, oneCore = false, ...bench }: PeerCase): BenchCase {
  const { roundTripsASample = 1, measure } = job;
  const said = note ?? (measure === 'rtt' && roundTripsASample > 1 ? BATCHED_NOTE : undefined);
  return {
    ...bench,
    ...(said ? { note: said } : {}),
    ...(oneCore ? { needsPinning: true } : {}),
    // Of the rings and the rivals it never changes; of the links a regression would show.
    ...(oneCore ? {} : { syscalls: job.transport === 'link' ? 'always' : 'full' }),
    async trial(given) {
      const setting = oneCore ? onOneCore(given) : given;
      const { warmupMs, timedMs, cpus } = setting;
      const whole: Job = { window: WINDOW, ...SLOW, ...job, warmupMs, timedMs, cpus };
      // A thread pins itself to its half of what the process may use.
      const where = cpus && isThreaded(whole) ? { cpus } : {};
      const { result, syscalls } = await runProgram<Samples>('front', whole, setting, where);
      return [figuresOf(measure, result, syscalls)];
    },
  };
}

/** Under strace the times mean nothing. */
export function figuresOf(measure: Job['measure'], samples: Samples, syscalls: number | undefined): Figures {
  if (syscalls !== undefined) return { unit: '', syscallsPerMessage: syscalls / samples.messages };
  const figures = measure === 'rtt' ? roundTripFigures(samples) : streamFigures(samples);
  return samples.more ? { ...figures, more: { ...figures.more, ...samples.more } } : figures;
}
