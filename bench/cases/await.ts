/** What does a user get? `await request()`, typed, from a guest to its controller. */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { FAST, peerCase } from './peers.ts';

const ENGINES = { native: 'the native engine', file: 'the pure-JS engine', sab: 'a link between threads' };

function casesOf(engine: keyof typeof ENGINES): BenchCase[] {
  const job = { transport: 'link', engine, ...(engine === 'file' ? {} : FAST) } as const;
  // With one core a link sleeps at once instead of spinning, so there its figures are true; a thread's are not.
  const common = { needsTwoCores: engine === 'sab' };
  return [
    peerCase({
      ...common,
      name: `rtt.await.${engine}`,
      about: `await request(), answered by a receiver: ${ENGINES[engine]}`,
      job: { ...job, measure: 'rtt' },
    }),
    peerCase({
      ...common,
      name: `stream.await.${engine}`,
      about: `8 requests always under way, handed to an async receiver: ${ENGINES[engine]}`,
      job: { ...job, measure: 'stream' },
    }),
  ];
}

/** As `rtt.await.native`, whose links are adaptive, with links that never sleep. */
const spinning = peerCase({
  name: 'rtt.await.spin',
  about: 'await request(), native, with links that never sleep',
  needsTwoCores: true,
  job: { transport: 'link', engine: 'native', idle: 'spin', ...FAST, measure: 'rtt' },
});

export const cases: readonly BenchCase[] = [...casesOf('native'), spinning, ...casesOf('file'), ...casesOf('sab')];

export const ratios: readonly Ratio[] = [
  { of: 'rtt.await.native', over: 'rtt.limit', goal: { atMost: 1.6 } },
  { of: 'rtt.await.native', over: 'rtt.await.spin', goal: { atMost: 1.3 } },
  { of: 'stream.await.native', over: 'stream.limit' },
  { of: 'rtt.await.sab', over: 'rtt.await.native' },
  { of: 'rtt.await.file', over: 'rtt.await.native' },
];
