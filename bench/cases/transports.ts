/** How long does a request take, and how many messages go in a second? The limit, ctrl-if, and what one would use instead. */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { BATCHED_NOTE, bothPlacements, FAST, LIMIT_LABEL, limitCase, type PeerCase, peerCase } from './peers.ts';
import { RIVALS, type Rival, rowsOf } from './rivals.ts';

const MEASURES = {
  rtt: 'a request and its response',
  stream: 'a window of 8 always full',
} as const;
type Measure = keyof typeof MEASURES;

/** C++ on both sides of the very same ring: how fast this machine can be. */
const limit = (measure: Measure): BenchCase =>
  limitCase(measure, [measure, {}], {
    name: `${measure}.limit`,
    label: LIMIT_LABEL,
    about: `${MEASURES[measure]}: C++ to C++ on the control ring, both spinning`,
    ...(measure === 'rtt' && { note: BATCHED_NOTE }),
    syscalls: 'full',
  });

type Side = Pick<PeerCase, 'name' | 'label' | 'about' | 'needsTwoCores'> & {
  readonly job: Omit<PeerCase['job'], 'measure'>;
};

const ENGINES = {
  native: { label: 'native', about: 'the native engine' },
  file: { label: 'pure JS', about: 'the pure-JS engine' },
  sab: { label: 'threads', about: 'between threads' },
} as const;

/** Both sides spin on the control ring, with nothing above it: what JavaScript adds. */
const spinning = (engine: keyof typeof ENGINES): Side => ({
  name: `sync.${engine}`,
  label: `${ENGINES[engine].label}, spinning`,
  about: `spinning on the ring, ${ENGINES[engine].about}`,
  needsTwoCores: true,
  job: { transport: 'ring', engine, ...(engine === 'file' ? {} : FAST) },
});

/** What a user gets. With one core a link sleeps at once instead of spinning, so there its figures are true; a thread's are not. */
const awaiting = (engine: keyof typeof ENGINES): Side => ({
  name: `await.${engine}`,
  label: `${ENGINES[engine].label}, await request()`,
  about: `await request(), ${ENGINES[engine].about}`,
  needsTwoCores: engine === 'sab',
  job: { transport: 'link', engine, ...(engine === 'file' ? {} : FAST) },
});

/** As `await.native`, whose links are adaptive. */
const neverAsleep: Side = {
  name: 'await.spin',
  label: 'native, never asleep, await request()',
  about: 'await request(), the native engine, with links that never sleep',
  needsTwoCores: true,
  job: { transport: 'link', engine: 'native', idle: 'spin', ...FAST },
};

const caseOf = (measure: Measure, { name, about, job, ...side }: Side): BenchCase =>
  peerCase({ ...side, name: `${measure}.${name}`, about: `${MEASURES[measure]}: ${about}`, job: { ...job, measure } });

const casesOf = (measure: Measure, engines: Side[]): BenchCase[] => [
  limit(measure),
  ...engines.map((side) => caseOf(measure, side)),
  ...RIVALS.flatMap(({ variants, absent }) =>
    // Twenty rows that are far from ours: fewer rounds tell so too.
    variants.flatMap((variant) => {
      const bench = { ...caseOf(measure, { ...variant, needsTwoCores: false }), rounds: 6, quickRounds: 2 };
      return bothPlacements({ ...bench, ...(absent && { absent }) });
    }),
  ),
];

const engines = Object.keys(ENGINES) as (keyof typeof ENGINES)[];
const spinners = engines.map(spinning);
const [native, ...links] = engines.map(awaiting);

/** Does a stream make garbage? */
const collections = peerCase({
  name: 'collections.native',
  about: 'ten million messages streamed over the control ring, and the garbage collections meanwhile',
  note: 'collections of the asking process, whose every message is staged, published, taken and checked; the goal is 0',
  needsTwoCores: true,
  rounds: 1,
  syscalls: 'never',
  job: { ...spinning('native').job, measure: 'stream', timedMessages: 10_000_000 },
});

export const cases: readonly BenchCase[] = [
  ...casesOf('rtt', [...spinners, native!, neverAsleep, ...links]),
  ...casesOf('stream', [...spinners, native!, ...links]),
  collections,
];

const best = (family: Measure, rival: Rival, [over, ours]: readonly [string, string], goal?: Ratio['goal']): Ratio => ({
  of: `${family}.${rival.name}.best`,
  best: rowsOf(family, rival),
  over,
  label: `round trip: ${rival.label} at its best / ${ours}`,
  ...(goal && { goal }),
});

const socket = RIVALS.find(({ name }) => name === 'unixSocket')!;

/** A rival is compared at its best: in the better placement, and with whatever is better in it. */
export const ratios: readonly Ratio[] = [
  {
    of: 'rtt.sync.native',
    over: 'rtt.limit',
    label: 'round trip: native, spinning / C++ to C++',
    goal: { atMost: 1.15 },
  },
  {
    of: 'stream.sync.native',
    over: 'stream.limit',
    label: 'stream: native, spinning / C++ to C++',
    goal: { atMost: 1.5 },
  },
  {
    of: 'rtt.sync.file',
    over: 'rtt.sync.native',
    label: 'round trip: pure JS, spinning / native, spinning',
    goal: { atLeast: 70 },
  },
  best('rtt', socket, ['rtt.sync.file', 'pure JS, spinning'], { atLeast: 1 }),
  { of: 'rtt.sync.sab', over: 'rtt.limit' },
  { of: 'stream.sync.sab', over: 'stream.limit' },
  { of: 'rtt.await.native', over: 'rtt.limit', label: 'round trip: native, await / C++ to C++', goal: { atMost: 1.6 } },
  {
    of: 'rtt.await.native',
    over: 'rtt.await.spin',
    label: 'round trip: native, await / native, never asleep, await',
    goal: { atMost: 1.3 },
  },
  { of: 'stream.await.native', over: 'stream.limit' },
  { of: 'rtt.await.sab', over: 'rtt.await.native' },
  { of: 'rtt.await.file', over: 'rtt.await.native' },
  ...RIVALS.map((rival) => best('rtt', rival, ['rtt.await.native', 'native, await'], rival.goal)),
  ...RIVALS.map((rival) => best('stream', rival, ['stream.await.native', 'native, await'])),
  {
    of: 'stream.rival.best',
    best: RIVALS.flatMap((rival) => rowsOf('stream', rival)),
    over: 'stream.await.native',
  },
];
