/** What does JavaScript add? Both sides spin on the control ring, with nothing above it. */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { FAST, ONE_CORE, peerCase } from './peers.ts';

const ENGINES = { native: 'the native engine', file: 'the pure-JS engine', sab: 'threads, over a SharedArrayBuffer' };

function casesOf(engine: keyof typeof ENGINES): BenchCase[] {
  const common = { needsTwoCores: true };
  const job = { transport: 'ring', engine, ...(engine === 'file' ? {} : FAST) } as const;
  return [
    peerCase({
      ...common,
      name: `rtt.sync.${engine}`,
      about: `a request and its response, spinning: ${ENGINES[engine]}`,
      job: { ...job, measure: 'rtt' },
    }),
    peerCase({
      ...common,
      name: `stream.sync.${engine}`,
      about: `a window of 8 always full, spinning: ${ENGINES[engine]}`,
      job: { ...job, measure: 'stream' },
    }),
  ];
}

export const cases: readonly BenchCase[] = [...casesOf('native'), ...casesOf('file'), ...casesOf('sab')];

export const ratios: readonly Ratio[] = [
  { of: 'rtt.sync.native', over: 'rtt.limit', goal: { atMost: 1.15 } },
  { of: 'stream.sync.native', over: 'stream.limit', goal: { atMost: 1.5 } },
  { of: 'rtt.sync.file', over: 'rtt.sync.native', goal: { atLeast: 70 } },
  {
    of: 'rtt.unixSocket.best',
    best: ['rtt.unixSocket', `rtt.unixSocket${ONE_CORE}`],
    over: 'rtt.sync.file',
    goal: { atLeast: 1 },
  },
  { of: 'rtt.sync.sab', over: 'rtt.limit' },
  { of: 'stream.sync.sab', over: 'stream.limit' },
];
