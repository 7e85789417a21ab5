/** The asking process of a fresh pair: what its first requests take, block by block, until they take no less any more. */
import { NO_MARK, STOP } from './checker.ts';
import type { Job } from './job.ts';
import { startPeer } from './peer.ts';
import { printFigures } from './second-process.ts';
import { loadTransport } from './transport.ts';

/** The settled cost is taken from the end of all this. */
const REQUESTS = 100_000;
/** From {@link FIRST} on, blocks have so many requests. */
const BLOCK = 500;
/** Blocks that end here are shorter: what is dearest is over soon. */
const FIRST = [1, 10, 100, 500];

export type WarmupJob = Pick<Job, 'engine' | 'idle' | 'cpus'>;

/** Each block: after how many requests it ended, and the nanoseconds of one of its requests. */
export interface WarmupSamples {
  blocks: { end: number; ns: number }[];
}

async function main(given: WarmupJob): Promise<WarmupSamples> {
  const job: Job = {
    ...given,
    transport: 'link',
    measure: 'rtt',
    window: 1,
    roundTripsASample: 1,
    warmupMs: 0,
    timedMs: 0,
  };
  const transport = await loadTransport(job.transport);
  const peer = startPeer(job);
  const front = await transport.front(job, peer);
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
  peer.dismiss();
  await front.roundTrips(1, STOP);
  await peer.receive();
  await front.close();
  return { blocks: ends.map((end, i) => ({ end, ns: Math.round(times[i]!) })) };
}

await printFigures(() => main(JSON.parse(process.argv[2] ?? '{}')));
