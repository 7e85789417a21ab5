/**
 * A pause before each request: waits, asks, and takes the time of each request.
 *
 * How it waits. From a millisecond on by a timer, as programs do. Below, no timer is fine enough, so it is busy, and
 * gives its event loop as many turns as fit: one `setImmediate` after the other until the gap is over, so that the
 * link's own turns come as they would in a program with other work, and it may fall asleep. A gap that is shorter than
 * a few of those turns is waited out in place, and the loop gets a turn after so many requests.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { BEGIN, cpuNs, END, NO_MARK } from './checker.ts';
import type { Job } from './job.ts';
import { timeRoundTrips } from './measure.ts';
import { MAX_SAMPLES } from './samples.ts';
import type { Front } from './transport.ts';

export interface GapSamples {
  latencyNs: number[];
  requests: number;
  /** Mean of what the gaps came to. */
  gapUs: number;
  /** Of this process, for all requests and gaps. */
  cpuNs: number;
  /** Of this process, for as many gaps without requests: its control run, scaled. */
  waitCpuNs: number;
}

/** As `front.ts` prints them: `cpuNs` is of both processes. */
export interface GapFigures extends GapSamples {
  answererCpuNs: number;
}

/** A turn of the event loop takes a microsecond or two. */
const SHORTEST_WITH_TURNS_US = 10;
const REQUESTS_BETWEEN_TURNS = 64;
const TIMERS_FROM_US = 1000;
/** Of the time, for requests; the rest is for the control run. */
const FOR_REQUESTS = 0.7;

type Wait = (began: number) => Promise<void> | void;

/** Waits from `began`, a reading of performance.now(), until the gap has passed. */
function waitOf(gapUs: number): Wait {
  const gapMs = gapUs / 1000;
  if (gapUs >= TIMERS_FROM_US) return () => sleep(gapMs);
  if (gapUs >= SHORTEST_WITH_TURNS_US) {
    return async (began) => {
      do {
        await turn();
      } while (performance.now() - began < gapMs);
    };
  }
  let waits = 0;
  return (began) => {
    if (++waits % REQUESTS_BETWEEN_TURNS === 0) return turn();
    while (performance.now() - began < gapMs);
    return undefined;
  };
}

/** Waits and calls `ask`, over and over for `ms`; returns how many times, and the mean gap. */
async function repeat(wait: Wait, ms: number, ask: () => Promise<void> | void) {
  const deadline = performance.now() + ms;
  let count = 0;
  let waitedMs = 0;
  const cpu = cpuNs();
  for (let began = performance.now(); began < deadline && count < MAX_SAMPLES; began = performance.now()) {
    const waiting = wait(began);
    if (waiting) await waiting;
    waitedMs += performance.now() - began;
    const asking = ask();
    if (asking) await asking;
    count++;
  }
  return { count, cpuNs: cpuNs() - cpu, gapUs: (waitedMs * 1000) / count };
}

export async function measureGaps({ gapUs = 0, warmupMs, timedMs }: Job, front: Front): Promise<GapSamples> {
  const wait = waitOf(gapUs);
  const times = new Float64Array(MAX_SAMPLES);
  let taken = 0;
  const ask = async () => {
    const before = performance.now();
    await front.roundTrips(1, NO_MARK);
    times[taken++] = (performance.now() - before) * 1e6;
  };
  // Ten milliseconds a request would warm nothing up: it is round trips without gaps that do, then some with.
  await timeRoundTrips(front, 64, warmupMs / 2);
  await repeat(wait, warmupMs / 2, ask);
  taken = 0;

  await front.roundTrips(1, BEGIN);
  const run = await repeat(wait, timedMs * FOR_REQUESTS, ask);
  await front.roundTrips(1, END);
  const latencyNs = Array.from(times.subarray(0, taken), Math.round);
  // The link goes to sleep first, as it is when nobody asks for anything.
  await sleep(1);
  const control = await repeat(wait, timedMs * (1 - FOR_REQUESTS), () => {});
  return {
    latencyNs,
    requests: run.count,
    gapUs: run.gapUs,
    cpuNs: run.cpuNs,
    // Gaps of the control run are as long as the others only nearly: what counts is the CPU time while waiting as long.
    waitCpuNs: (control.cpuNs / (control.count * control.gapUs)) * (run.count * run.gapUs),
  };
}
