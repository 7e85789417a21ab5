/** The guests' process: connects many, and lets one of them ask. */
import { Guest } from 'ctrl-if';
import type { ECHO } from './echo.ts';
import type { Job } from './job.ts';
import { type ControllerFigures, guestOptions, LinkFront } from './link.ts';
import { measure } from './measure.ts';
import { printFigures, startProgram } from './peer.ts';
import type { Samples } from './samples.ts';

export interface ScaleJob extends Job {
  guests: number;
}

export interface ScaleSamples extends Samples {
  /** The controller's, for all timed messages. */
  controllerCpuNs: number;
  /** By how much the controller grew with all guests. */
  rssBytes: number;
  heapBytes: number;
  descriptors: number;
}

await printFigures(async (job: ScaleJob): Promise<ScaleSamples> => {
  const controller = startProgram('back', job, job.cpus?.[1], { flags: ['--expose-gc'] });
  const options = guestOptions(job, await controller.receive<string>());
  const figures = () => {
    controller.send('figures');
    return controller.receive<ControllerFigures>();
  };
  // What the first guest costs, as code and pools, is none of the others'.
  await (await Guest.connect(options)).close();
  const before = await figures();
  const guests: Guest<typeof ECHO>[] = [];
  for (let i = 0; i < job.guests; i++) guests.push(await Guest.connect(options));
  const after = await figures();

  const active = guests[job.guests >> 1]!;
  const samples = await measure(job, new LinkFront(job, (message) => active.request(message)));
  const { spentNs } = await figures();
  await Promise.all(guests.map((guest) => guest.close()));
  return {
    ...samples,
    cpuNs: samples.cpuNs + spentNs,
    controllerCpuNs: spentNs,
    rssBytes: after.rss - before.rss,
    heapBytes: after.heap - before.heap,
    descriptors: after.descriptors - before.descriptors,
  };
});
