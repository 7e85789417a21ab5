/** The same steps for every transport, and in `native/limit/limit.cc`: warm up, BEGIN, time, END, single round trips. */
import { existsSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { BEGIN, cpuNs, END, NO_MARK } from './checker.ts';
import type { Job } from './job.ts';
import { MAX_SAMPLES, type Samples, TRACE_BEGIN, TRACE_END } from './samples.ts';
import type { Front } from './transport.ts';

const WARMUP_ROUND_TRIPS = 256;
/** Turns of warming up, of `warmupMs` each, until `warmupMessages` have passed. */
const LONGEST_WARMUP = 4;

export async function measure(job: Job, front: Front): Promise<Samples> {
  const { roundTripsASample = 1, timedMs, timedMessages = 0 } = job;
  const batched = roundTripsASample > 1;
  const samples: Samples = { roundTripsASample, batchNs: [], singleNs: [], messages: 0, elapsedNs: 0, cpuNs: 0 };

  await warmUp(job, front);

  await front.roundTrips(1, BEGIN);
  existsSync(TRACE_BEGIN);
  const began = cpuNs();
  if (job.measure === 'stream') {
    const collections = timedMessages > 0 ? watchCollections() : undefined;
    do {
      const { messages, elapsedNs } = await front.streamFor(timedMs);
      samples.messages += messages;
      samples.elapsedNs += elapsedNs;
    } while (samples.messages < timedMessages);
    if (collections) samples.more = { collections: await collections(), messages: samples.messages };
  } else {
    const start = performance.now();
    // Where a batch is one round trip, these are the tails too, and get all of the time.
    samples.batchNs = await timeRoundTrips(front, roundTripsASample, batched ? timedMs / 2 : timedMs);
    samples.elapsedNs = (performance.now() - start) * 1e6;
    samples.messages = samples.batchNs.length * roundTripsASample;
  }
  samples.cpuNs = cpuNs() - began;
  existsSync(TRACE_END);
  await front.roundTrips(1, END);

  if (job.measure === 'rtt' && batched) samples.singleNs = await timeRoundTrips(front, 1, timedMs / 2);
  return { ...samples, ...(front.more && { more: front.more() }) };
}

/** Begins to count garbage collections; the function returned ends it and tells how many there were. */
function watchCollections(): () => Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    count += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  return async () => {
    // The entries come by way of the event loop.
    await turn();
    count += observer.takeRecords().length;
    observer.disconnect();
    return count;
  };
}

async function warmUp(job: Job, front: Front): Promise<void> {
  const { measure: what, roundTripsASample = 1, warmupMs, warmupMessages = 0 } = job;
  const count = roundTripsASample > 1 ? WARMUP_ROUND_TRIPS : 1;
  let messages = 0;
  for (let turns = 0; turns === 0 || (turns < LONGEST_WARMUP && messages < warmupMessages); turns++) {
    messages +=
      what === 'stream'
        ? (await front.streamFor(warmupMs)).messages
        : (await timeRoundTrips(front, count, warmupMs)).length * count;
  }
}

/** Nanoseconds a sample of `count` round trips each, for `ms` or until there are enough. */
export async function timeRoundTrips(front: Pick<Front, 'roundTrips'>, count: number, ms: number): Promise<number[]> {
  const times = new Float64Array(MAX_SAMPLES);
  let taken = 0;
  const deadline = performance.now() + ms;
  for (let before = performance.now(); before < deadline && taken < MAX_SAMPLES; before = performance.now()) {
    const finished = front.roundTrips(count, NO_MARK);
    if (finished) await finished;
    times[taken++] = (performance.now() - before) * 1e6;
  }
  return Array.from(times.subarray(0, taken), Math.round);
}
