/** What does a link cost before its first message, and while it only exists? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { percentiles } from '../harness/stats.ts';
import type { OpenJob, OpenSamples } from '../peers/open.ts';

const ENGINES = { native: 'the native engine', file: 'the pure-JS engine' };
type Engine = keyof typeof ENGINES;

const CONNECTS = { full: 100, quick: 50 };
/** Enough that what a heap grows by in steps is a small part. */
const HELD = 200;
/** Memory does not change from round to round, nor do set-up times much. */
const ROUNDS = 3;

const NOTE =
  'open.connect: from the call of Guest.connect() to its result; open.answer: to the first response. One guest after the other, each closed ' +
  `before the next, after 20 that are not timed. open.memory: growth with ${HELD} guests that have asked once, by guest, after garbage collections; ` +
  'RSS counts the shared page (4 KiB) in both processes, and grows in steps; heap is JavaScript, buffers and what the addon reports, exactly. ' +
  "Neither shows the kernel's part: a Unix socket with its buffers, descriptors, page tables; nor what the first guest costs, as code and pools. " +
  'Guests of one process share its code and event loop: 200 processes would take 200 Nodes.';

const openCase = (engine: Engine): BenchCase => ({
  name: `open.${engine}`,
  about: `connecting a guest, its first answer, and the memory it takes on both sides: ${ENGINES[engine]}`,
  note: NOTE,
  needsTwoCores: false,
  rounds: ROUNDS,
  quickRounds: 1,
  async trial(setting) {
    const { quick, cpus } = setting;
    const job: OpenJob = { engine, connects: quick ? CONNECTS.quick : CONNECTS.full, held: HELD, cpus };
    const { result } = await runProgram<OpenSamples>('open', job, setting, { flags: ['--expose-gc'] });
    const { connectNs, answeredNs, guests, controller } = result;
    return [
      { row: `open.connect.${engine}`, unit: 'ns', ...percentiles(connectNs) },
      { row: `open.answer.${engine}`, unit: 'ns', ...percentiles(answeredNs) },
      {
        row: `open.memory.${engine}`,
        unit: 'bytes',
        more: {
          guestRssBytes: guests.rss / HELD,
          guestHeapBytes: guests.heap / HELD,
          controllerRssBytes: controller.rss / HELD,
          controllerHeapBytes: controller.heap / HELD,
        },
      },
    ];
  },
});

export const cases: readonly BenchCase[] = (Object.keys(ENGINES) as Engine[]).map(openCase);

export const ratios: readonly Ratio[] = [];
