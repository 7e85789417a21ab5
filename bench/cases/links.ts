/** What does a link cost before its first message, while it only exists, while it says nothing, and beside many others? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { runProgram } from '../harness/process.ts';
import { percentiles, roundTripFigures } from '../harness/stats.ts';
import type { IdleFigures } from '../peers/idle-figures.ts';
import type { OpenSamples } from '../peers/open.ts';
import type { ScaleSamples } from '../peers/scale.ts';
import { FAST } from './peers.ts';

/** Enough guests that what a heap grows by in steps is a small part. */
const HELD = 200;

const open = (engine: 'native' | 'file', what: string): BenchCase => ({
  name: `open.${engine}`,
  about: `connecting a guest, its first answer, and the memory it takes on both sides: ${what}`,
  note:
    'open.connect: from the call of Guest.connect() to its result; open.answer: to the first response. One guest after the other, each closed ' +
    `before the next, after 20 that are not timed. open.memory: growth with ${HELD} guests that have asked once, by guest, after garbage collections; ` +
    'RSS counts the shared page (4 KiB) in both processes, and grows in steps; heap is JavaScript, buffers and what the addon reports, exactly. ' +
    "Neither shows the kernel's part: a Unix socket with its buffers, descriptors, page tables; nor what the first guest costs, as code and pools. " +
    'Guests of one process share its code and event loop: 200 processes would take 200 Nodes.',
  needsTwoCores: false,
  // Memory does not change from round to round, nor do set-up times much.
  rounds: 3,
  quickRounds: 1,
  async trial(setting) {
    const job = { transport: 'link', measure: 'rtt', engine, connects: setting.quick ? 50 : 100, held: HELD };
    const { result } = await runProgram<OpenSamples>('open', job, setting, { flags: ['--expose-gc'] });
    const { connectNs, answeredNs, guests, controller } = result;
    const more = {
      guestRssBytes: guests.rss / HELD,
      guestHeapBytes: guests.heap / HELD,
      controllerRssBytes: controller.rss / HELD,
      controllerHeapBytes: controller.heap / HELD,
    };
    return [
      { row: `open.connect.${engine}`, ...percentiles(connectNs) },
      { row: `open.answer.${engine}`, ...percentiles(answeredNs) },
      { row: `open.memory.${engine}`, more },
    ];
  },
});

const idle: BenchCase = {
  name: 'idle.native',
  about: 'a link that says nothing: CPU time and context switches of both sides',
  note:
    'Seen from outside, by /proc/PID/schedstat and status, of a guest and a controller that have exchanged a message and then nothing. A process ' +
    'that makes a system call, or is run at all, has CPU time: 0 is 0; V8 does not collect meanwhile (--no-memory-reducer). cpuNs and switches are of both processes, for the whole time.',
  needsTwoCores: false,
  rounds: 1,
  async trial(setting) {
    const seconds = setting.quick ? 2 : 10;
    const job = { transport: 'link', measure: 'rtt', engine: 'native', seconds };
    const { result } = await runProgram<IdleFigures>('idle', job, setting);
    return [{ more: { seconds, ...result } }];
  },
};

const scale = (guests: number): BenchCase => ({
  name: `scale.${guests}`,
  about: `await request() of one guest, native, with ${guests} connected`,
  note:
    'One guest asks, the others are connected and silent; all guests share one process and one core; links sleep after a silent millisecond. controllerCpuNs is of one message; ' +
    'memory and descriptors are those that the controller has for one guest more, from no guest to all.',
  needsTwoCores: true,
  rounds: 3,
  quickRounds: guests === 10 || guests === 100 ? 0 : 1,
  async trial(setting) {
    // Long enough that who speaks never sleeps, and short enough that who is silent does: what is measured is the dispatch.
    const awake = { spinMicroseconds: 1000 };
    const job = { transport: 'link', measure: 'rtt', engine: 'native', idle: awake, guests, ...FAST };
    const { result } = await runProgram<ScaleSamples>('scale', job, setting, { flags: ['--expose-gc'] });
    const more = {
      controllerCpuNs: result.controllerCpuNs / result.messages,
      rssBytesPerGuest: result.rssBytes / guests,
      heapBytesPerGuest: result.heapBytes / guests,
      descriptorsPerGuest: result.descriptors / guests,
    };
    const { p999: _, ...figures } = roundTripFigures(result);
    return [{ ...figures, more }];
  },
});

export const cases: readonly BenchCase[] = [
  open('native', 'the native engine'),
  open('file', 'the pure-JS engine'),
  idle,
  ...[1, 10, 100, 1000].map(scale),
];

export const ratios: readonly Ratio[] = [
  { of: 'scale.1000', over: 'scale.1', goal: { atMost: 1.2 } },
  { of: 'scale.1000', over: 'scale.1', by: 'controllerCpuNs', goal: { atMost: 1.2 } },
];
