/** encode and decode of the header's 42 messages, by ctrl-if and by what a user would take instead. */
import { join } from 'node:path';
import type { BenchCase, CaseFile, Figures, Ratio } from '../harness/case.ts';
import { ROOT } from '../harness/paths.ts';
import { runProgram } from '../harness/process.ts';
import type { CodecJob } from '../peers/codec.ts';
import type { LibraryName } from '../peers/codec-library.ts';

const PACKAGES: Readonly<Record<LibraryName, string | undefined>> = {
  ctrlIf: undefined,
  binaryParser: 'binary-parser',
  typedBinary: 'typed-binary',
  restructure: 'restructure',
};

const NOTE =
  'Header and payload of all 42 messages, over the 8 slots of a ring; the row without a message is the median of the 42. ' +
  'Rivals skip what ctrl-if does beside: choosing the message, checking values, clearing the rest of the slot, and turning MAC addresses into text.';

const codecCase = (library: LibraryName, name: string | undefined): BenchCase => ({
  name: `codec.${library}`,
  about: `encode and decode of each message by ${name ?? 'ctrl-if'}, and the bytes it allocates`,
  note: NOTE,
  needsTwoCores: false,
  rounds: 3,
  // 84 rows a library are slow to warm up, and one trial is a median of 42 messages already.
  quickRounds: 1,
  ...(name && {
    absent: () =>
      import(name).then(
        () => undefined,
        (error: Error) => `${name} cannot be loaded: ${error.message}`,
      ),
  }),
  async trial(setting) {
    const { round, quick, warmupMs, timedMs } = setting;
    const vectors = join(ROOT, 'test', 'conformance', 'vectors.json');
    const job: CodecJob = { library, vectors, warmupMs, timedMs, counts: round === 0 && !(quick && name) };
    // No collection may come between the two looks at the heap.
    const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
    const { result } = await runProgram<Figures[]>('codec', job, setting, { flags });
    return result;
  },
});

export const cases: CaseFile['cases'] = (Object.keys(PACKAGES) as LibraryName[]).map((library) =>
  codecCase(library, PACKAGES[library]),
);

const against = (way: 'encode' | 'decode', library: LibraryName): Ratio => ({
  of: `codec.${way}.${library}`,
  over: `codec.${way}.ctrlIf`,
  goal: { atLeast: 5 },
});

/** binary-parser has no encoder. */
export const ratios: CaseFile['ratios'] = [
  against('encode', 'typedBinary'),
  against('encode', 'restructure'),
  against('decode', 'binaryParser'),
  against('decode', 'typedBinary'),
  against('decode', 'restructure'),
];
