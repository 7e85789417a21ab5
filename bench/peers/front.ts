/** The asking process of a trial: starts the other side, measures, prints its figures as JSON. */
import { STOP } from './checker.ts';
import { measureGaps } from './gap.ts';
import type { Job } from './job.ts';
import { measure } from './measure.ts';
import { printFigures, startPeer } from './peer.ts';
import type { Front } from './transport.ts';
import { loadTransport } from './transports.ts';
import { measureWarmup } from './warmup.ts';

/** Each returns its figures, and in `cpuNs` the CPU time of this process. */
type Measure = (job: Job, front: Front) => Promise<{ cpuNs: number }>;

const MEASURES: Readonly<Record<Job['measure'], Measure>> = {
  rtt: measure,
  stream: measure,
  gap: measureGaps,
  warmup: measureWarmup,
};

await printFigures(async (job: Job) => {
  const transport = await loadTransport(job.transport);
  const peer = startPeer(job);
  const front = await transport.front(job, peer);
  const figures = await MEASURES[job.measure](job, front);
  peer.dismiss();
  await front.roundTrips(1, STOP);
  const { spentNs } = await peer.receive<{ spentNs: number }>();
  await front.close();
  return { ...figures, cpuNs: figures.cpuNs + spentNs, answererCpuNs: spentNs };
});
