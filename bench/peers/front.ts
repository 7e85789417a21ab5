/** The asking process of a trial: starts the other side, measures, prints `Samples` as JSON. */
import type { Job } from './job.ts';
import { measure } from './measure.ts';
import { startPeer } from './peer.ts';
import { conclude } from './second-process.ts';
import { loadTransport } from './transport.ts';

const job = JSON.parse(process.argv[2] ?? '{}') as Job;
try {
  const transport = await loadTransport(job.transport);
  const peer = startPeer(job);
  const front = await transport.front(job, peer);
  const samples = await measure(job, front);
  const more = front.more?.();
  if (more) samples.more = more;
  peer.dismiss();
  const { spentNs } = (await peer.receive()) as { spentNs: number };
  samples.cpuNs += spentNs;
  await front.close();
  await conclude(samples);
} catch (error) {
  console.error((error as Error).stack ?? error);
  // What the other side has to say about it may still be on its way.
  setTimeout(() => process.exit(1), 200);
}
