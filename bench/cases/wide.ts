/** How much of the limit is left on other rings than the control ring, by their slots, their entries, and the batch? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import type { Job } from '../peers/job.ts';
import { LIMIT_LABEL, limitCase, peerCase } from './peers.ts';

const NOTE =
  'Both ends keep every slot in use and publish a quarter of the slots at once, so that they work at the same time; ' +
  'every entry crosses whole, each answer is made in place, each sequence number is checked. No handlers, codecs or doorbells.';
const BATCH_NOTE =
  'Rings of 256 slots of 64 bytes; so many entries are published at once, at most. With all 256 the two ends take turns.';

interface Shape {
  readonly name: string;
  readonly wide: NonNullable<Job['wide']>;
  readonly note: string;
  readonly quick?: boolean;
  /** Where it is on its curve. */
  readonly at: number;
  readonly goal?: Pick<Ratio, 'goal' | 'label'>;
}

const SIZES = [64, 256, 1024];

const SHAPES: readonly Shape[] = [
  ...SIZES.flatMap((slots) =>
    SIZES.map((entryBytes) => ({
      name: `${slots}x${entryBytes}`,
      wide: { slots, entryBytes, batch: slots / 4 },
      note: NOTE,
      at: entryBytes,
      // Of those of the goal: small entries and large ones.
      quick: slots === 256 && entryBytes !== 256,
      ...(slots === 256 && {
        goal: { goal: { atMost: 1.3 }, label: `stream, 256 slots of ${entryBytes} B: native / C++ to C++` },
      }),
    })),
  ),
  ...[1, 8, 64, 256].map((batch) => ({
    name: `batch.${batch}`,
    wide: { slots: 256, entryBytes: 64, batch },
    note: BATCH_NOTE,
    at: batch,
  })),
];

/** C++ and JavaScript, next to each other so that a round has both within a second. */
function pair({ name, wide, note, at, quick = false }: Shape): BenchCase[] {
  const { slots, entryBytes, batch } = wide;
  const about = `spinning: ${slots} slots of ${entryBytes} bytes, all in use, batches of ${batch}`;
  // Twenty-six cases a round: a third of a run's time, if each had as many rounds as the others.
  const common = { note, at, rounds: 5, ...(quick ? {} : { quickRounds: 0 }) };
  return [
    limitCase('stream', ['wide', { slots, entry: entryBytes, batch }], {
      name: `wide.limit.${name}`,
      label: LIMIT_LABEL,
      about: `C++ to C++, ${about}`,
      ...common,
    }),
    peerCase({
      name: `wide.native.${name}`,
      label: 'ctrl-if, native',
      about: `the native engine, ${about}`,
      ...common,
      needsTwoCores: true,
      syscalls: 'never',
      job: { transport: 'ring', engine: 'native', measure: 'stream', wide, warmupMessages: 500_000 },
    }),
  ];
}

export const cases: readonly BenchCase[] = SHAPES.flatMap(pair);

export const ratios: readonly Ratio[] = SHAPES.map(({ name, goal }) => ({
  of: `wide.native.${name}`,
  over: `wide.limit.${name}`,
  ...goal,
}));
