/** What does a request cost when both sides sleep each time, so that each message wakes a process? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { runLimit, whyNoLimit } from '../harness/limit.ts';
import { peerCase } from './peers.ts';

interface Doorbells {
  mechanisms: { name: string; p50: number; p99: number }[];
}

/** Both rows in each round: what counts is their ratio. */
const common = {
  note: 'two wake-ups a round trip; most of it is the time that the system takes to run a process that slept',
  needsTwoCores: false,
  rounds: 8,
};

export const cases: readonly BenchCase[] = [
  {
    name: 'asleep.limit',
    about: 'C++ to C++, each asleep until the other rings its pipe: no message, no ring',
    ...common,
    absent: () => whyNoLimit('doorbell'),
    async trial(setting) {
      const { result } = await runLimit<Doorbells>('doorbell', [], { 'round-trips': 3000 }, setting);
      return result.mechanisms.map(({ name, p50, p99 }) => ({
        row: name === 'pipe' ? 'asleep.limit' : `asleep.limit.${name}`,
        p50,
        p99,
      }));
    },
  },
  peerCase({
    name: 'asleep.native',
    about: 'await request(), native, with links that sleep at once: both sides are woken for each message',
    ...common,
    job: { transport: 'link', engine: 'native', idle: 'park', measure: 'rtt' },
  }),
];

export const ratios: readonly Ratio[] = [
  { of: 'asleep.native', over: 'asleep.limit', goal: { atMost: 1.25 } },
  { of: 'asleep.native', over: 'rtt.unixSocket', goal: { atMost: 0.8 } },
];
