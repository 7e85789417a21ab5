/** What does a request cost when both sides sleep each time, so that each message wakes a process? */
import type { BenchCase, Ratio } from '../harness/case.ts';
import { DOORBELL, whyNoLimit } from '../harness/limit.ts';
import { runCommand } from '../harness/process.ts';
import { peerCase } from './peers.ts';

const ROUND_TRIPS = 3000;
const NOTE = 'two wake-ups a round trip; most of it is the time that the system takes to run a process that slept';

interface Doorbells {
  mechanisms: { name: string; p50: number; p99: number }[];
}

/** Both rows in each: what counts is their ratio. */
const ROUNDS = 8;

const limit: BenchCase = {
  name: 'asleep.limit',
  about: 'C++ to C++, each asleep until the other rings its pipe: no message, no ring',
  note: NOTE,
  needsTwoCores: false,
  rounds: ROUNDS,
  absent: () => whyNoLimit(DOORBELL),
  async trial(setting) {
    const pinned = setting.cpus ? ['--cpus', setting.cpus.join(',')] : [];
    const command = [DOORBELL, '--round-trips', String(ROUND_TRIPS), ...pinned];
    const { result } = await runCommand<Doorbells>(command, setting);
    return result.mechanisms.map(({ name, p50, p99 }) => ({
      row: name === 'pipe' ? 'asleep.limit' : `asleep.limit.${name}`,
      unit: 'ns',
      p50,
      p99,
    }));
  },
};

const parked = peerCase({
  name: 'asleep.native',
  about: 'await request(), native, with links that sleep at once: both sides are woken for each message',
  note: NOTE,
  needsTwoCores: false,
  rounds: ROUNDS,
  job: { transport: 'link', engine: 'native', idle: 'park', measure: 'rtt' },
});

export const cases: readonly BenchCase[] = [limit, parked];

export const ratios: readonly Ratio[] = [
  { of: 'asleep.native', over: 'asleep.limit', goal: { atMost: 1.25 } },
  { of: 'asleep.native', over: 'rtt.unixSocket', goal: { atMost: 0.8 } },
];
