/** The guests' process: connects many, and lets one of them ask. */
import { Guest } from 'ctrl-if';
import { BEGIN, cpuNs, END, type Mark, STOP, wrongSequence } from './checker.ts';
import { ECHO, echoMessage } from './echo.ts';
import { timeRoundTrips } from './measure.ts';
import type { Samples } from './samples.ts';
import type { ControllerFigures } from './scale-controller.ts';
import { SCALE_IDLE } from './scale-idle.ts';
import { printFigures, startProgram } from './second-process.ts';

export interface ScaleJob {
  guests: number;
  roundTripsASample: number;
  warmupMs: number;
  timedMs: number;
  cpus?: readonly [number, number] | undefined;
}

export interface ScaleSamples extends Samples {
  /** The controller's, for all timed messages. */
  controllerCpuNs: number;
  /** By how much the controller grew with all guests. */
  rssBytes: number;
  heapBytes: number;
  descriptors: number;
}

async function main({ guests: count, roundTripsASample, warmupMs, timedMs, cpus }: ScaleJob): Promise<ScaleSamples> {
  const controller = startProgram('scale-controller', {}, cpus?.[1], { flags: ['--expose-gc'] });
  const name = await controller.receive<string>();
  const figures = () => {
    controller.child.send('figures');
    return controller.receive<ControllerFigures>();
  };
  const connect = () => Guest.connect({ name, engine: 'native', messages: [ECHO], idle: SCALE_IDLE });
  // What the first guest costs, as code and pools, is none of the others'.
  await (await connect()).close();
  const before = await figures();
  const guests: Guest<typeof ECHO>[] = [];
  for (let i = 0; i < count; i++) guests.push(await connect());
  const after = await figures();

  const active = guests[count >> 1]!;
  let sent = 0;
  const roundTrips = async (trips: number, mark: Mark) => {
    for (let i = 0; i < trips; i++) {
      const sequence = sent++;
      const response = await active.request(echoMessage(sequence, mark));
      if (response.sequence !== sequence) throw wrongSequence('front', sequence, response.sequence);
    }
  };
  const front = { roundTrips };
  await timeRoundTrips(front, roundTripsASample, warmupMs);
  await roundTrips(1, BEGIN);
  const began = performance.now();
  const cpu = cpuNs();
  const batchNs = await timeRoundTrips(front, roundTripsASample, timedMs);
  const elapsedNs = (performance.now() - began) * 1e6;
  const ownNs = cpuNs() - cpu;
  await roundTrips(1, END);
  const { spentNs } = await figures();
  controller.dismiss();
  await roundTrips(1, STOP);
  await Promise.all(guests.map((guest) => guest.close()));
  controller.child.disconnect();
  return {
    roundTripsASample,
    batchNs,
    singleNs: [],
    messages: batchNs.length * roundTripsASample,
    elapsedNs,
    cpuNs: ownNs + spentNs,
    controllerCpuNs: spentNs,
    rssBytes: after.rss - before.rss,
    heapBytes: after.heap - before.heap,
    descriptors: after.descriptors - before.descriptors,
  };
}

await printFigures(() => main(JSON.parse(process.argv[2] ?? '{}')));
