/** What the first requests of a fresh pair take, block by block, until they take no less any more. */
import { NO_MARK } from './checker.ts';
import type { Job } from './job.ts';
import type { Front } from './transport.ts';

/** The settled cost is taken from the end of all this. */
const REQUESTS = 100_000;
/** From {@link FIRST} on, blocks have so many requests. */
const BLOCK = 500;
/** Blocks that end here are shorter: what is dearest is over soon. */
const FIRST = [1, 10, 100, 500];

/** Each block: after how many requests it ended, and the nanoseconds of one of its requests. */
export interface WarmupSamples {
  blocks: { end: number; ns: number }[];
  /** Not measured. */
  cpuNs: 0;
}

export async function measureWarmup(_job: Job, front: Front): Promise<WarmupSamples> {
  const ends = [...FIRST];
  for (let end = FIRST.at(-1)! + BLOCK; end <= REQUESTS; end += BLOCK) ends.push(end);
  const times = new Float64Array(ends.length);
  let done = 0;
  let before = performance.now();
  for (const [i, end] of ends.entries()) {
    await front.roundTrips(end - done, NO_MARK);
    const now = performance.now();
    times[i] = ((now - before) * 1e6) / (end - done);
    before = now;
    done = end;
  }
  return { blocks: ends.map((end, i) => ({ end, ns: Math.round(times[i]!) })), cpuNs: 0 };
}
