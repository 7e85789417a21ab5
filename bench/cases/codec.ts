/** encode and decode of the header's 42 messages, by ctrl-if and by what a user would take instead. */
import { join } from 'node:path';
import type { BenchCase, Figures, Ratio } from '../harness/case.ts';
import { ROOT } from '../harness/paths.ts';
import { runProgram } from '../harness/process.ts';
import type { CodecJob } from '../peers/codec.ts';
import type { LibraryName } from '../peers/codec-libraries.ts';
import type { Timing } from '../peers/job.ts';

/** Their packages, which are what they are called. */
const LIBRARIES: Readonly<Record<LibraryName, string>> = {
  ctrlIf: 'ctrl-if',
  binaryParser: 'binary-parser',
  typedBinary: 'typed-binary',
  restructure: 'restructure',
};

const NOTE =
  'Header and payload of all 42 messages, over the 8 slots of a ring; the row without a message is the median of the 42. ' +
  'Rivals skip what ctrl-if does beside: choosing the message, checking values, clearing the rest of the slot, and turning MAC addresses into text.';

const codecCase = (library: LibraryName): BenchCase => ({
  name: `codec.${library}`,
  label: LIBRARIES[library],
  about: `encode and decode of each message by ${LIBRARIES[library]}, and the bytes it allocates`,
  note: NOTE,
  needsTwoCores: false,
  rounds: 3,
  // 84 rows a library are slow to warm up, and one trial is a median of 42 messages already.
  quickRounds: 1,
  ...(library !== 'ctrlIf' && { absent: () => whyNot(LIBRARIES[library]) }),
  async trial(setting) {
    const { round, quick } = setting;
    const vectors = join(ROOT, 'test', 'conformance', 'vectors.json');
    const job: Omit<CodecJob, keyof Timing> = {
      library,
      vectors,
      counts: round === 0 && !(quick && library !== 'ctrlIf'),
    };
    // No collection may come between the two looks at the heap.
    const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
    const { result } = await runProgram<Figures[]>('codec', job, setting, { flags });
    return result;
  },
});

const whyNot = (name: string): Promise<string | undefined> =>
  import(name).then(
    () => undefined,
    (error: Error) => `${name} cannot be loaded: ${error.message}`,
  );

export const cases: readonly BenchCase[] = (Object.keys(LIBRARIES) as LibraryName[]).map(codecCase);

const against = (way: 'encode' | 'decode', library: LibraryName): Ratio => ({
  of: `codec.${way}.${library}`,
  over: `codec.${way}.ctrlIf`,
  label: `${way}: ${LIBRARIES[library]} / ctrl-if`,
  goal: { atLeast: 5 },
});

/** binary-parser has no encoder. */
export const ratios: readonly Ratio[] = [
  against('encode', 'typedBinary'),
  against('encode', 'restructure'),
  against('decode', 'binaryParser'),
  against('decode', 'typedBinary'),
  against('decode', 'restructure'),
];
