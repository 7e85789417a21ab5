/** How much of the limit is left on other rings than the control ring, by their slots, their entries, and the batch? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { LIMIT, whyNoLimit } from '../harness/limit.ts';
import { runCommand, runProgram } from '../harness/process.ts';
import { streamFigures } from '../harness/stats.ts';
import type { Samples } from '../peers/samples.ts';
import type { WideJob } from '../peers/wide-job.ts';

type Shape = Pick<WideJob, 'slots' | 'entryBytes' | 'batch'>;

const SIZES = [64, 256, 1024];
/** Of those of the goal, in `--quick`: small entries and large ones. */
const QUICK = ['256x64', '256x1024'];
/** Twenty-six cases a round: a third of a run's time, if each had as many rounds as the others. */
const ROUNDS = 5;
/** Of 256 slots of 64 bytes. */
const BATCHES = [1, 8, 64, 256];

const NOTE =
  'Both ends keep every slot in use and publish a quarter of the slots at once, so that they work at the same time; ' +
  'every entry crosses whole, each answer is made in place, each sequence number is checked. No handlers, codecs or doorbells.';
const BATCH_NOTE =
  'Rings of 256 slots of 64 bytes; so many entries are published at once, at most. With all 256 the two ends take turns.';

/** The two cases of one shape: C++ and JavaScript, next to each other so that a round has both within a second. */
function pair(name: string, shape: Shape, note: string, quick: boolean): BenchCase[] {
  const { slots, entryBytes, batch } = shape;
  const about = `${slots} slots of ${entryBytes} bytes, all in use, batches of ${batch}`;
  const common = { note, needsTwoCores: true, rounds: ROUNDS, ...(quick ? {} : { quickRounds: 0 }) };
  return [
    {
      name: `wide.limit.${name}`,
      about: `C++ to C++, spinning: ${about}`,
      ...common,
      absent: () => whyNoLimit(),
      async trial(setting) {
        const { warmupMs, timedMs, cpus } = setting;
        const options = { slots, entry: entryBytes, batch, 'warmup-ms': warmupMs, 'timed-ms': timedMs };
        const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
        const pinned = cpus ? ['--cpus', cpus.join(',')] : [];
        const { result } = await runCommand<Samples>([LIMIT, 'wide', ...args, ...pinned], setting);
        return [streamFigures(result)];
      },
    },
    {
      name: `wide.native.${name}`,
      about: `the native engine, spinning: ${about}`,
      ...common,
      async trial(setting) {
        const { warmupMs, timedMs, cpus } = setting;
        const job: WideJob = { ...shape, warmupMs, timedMs, cpus };
        const { result } = await runProgram<Samples>('wide', job, setting);
        return [streamFigures(result)];
      },
    },
  ];
}

export const cases: readonly BenchCase[] = [
  ...SIZES.flatMap((slots) =>
    SIZES.flatMap((entryBytes) => {
      const name = `${slots}x${entryBytes}`;
      return pair(name, { slots, entryBytes, batch: slots / 4 }, NOTE, QUICK.includes(name));
    }),
  ),
  ...BATCHES.flatMap((batch) => pair(`batch.${batch}`, { slots: 256, entryBytes: 64, batch }, BATCH_NOTE, false)),
];

const ratio = (name: string, goal?: Ratio['goal']): Ratio => ({
  of: `wide.native.${name}`,
  over: `wide.limit.${name}`,
  ...(goal ? { goal } : {}),
});

export const ratios: readonly Ratio[] = [
  ...SIZES.flatMap((slots) =>
    SIZES.map((entryBytes) => ratio(`${slots}x${entryBytes}`, slots === 256 ? { atMost: 1.3 } : undefined)),
  ),
  ...BATCHES.map((batch) => ratio(`batch.${batch}`)),
];
