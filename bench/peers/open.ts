/** The guests' process: connects one after the other, then holds many at once. */
import { Guest } from 'ctrl-if';
import { NO_MARK } from './checker.ts';
import type { ECHO } from './echo.ts';
import type { Job } from './job.ts';
import { type ControllerFigures, guestOptions, LinkFront } from './link.ts';
import { type Memory, memoryNow } from './memory.ts';
import { printFigures, startProgram } from './peer.ts';

export interface OpenJob extends Job {
  /** Guests one after the other, each closed before the next. */
  connects: number;
  /** Guests at once. */
  held: number;
}

export interface OpenSamples {
  /** From the call of `Guest.connect()` to its result. */
  connectNs: number[];
  /** From the call of `Guest.connect()` to the first response. */
  answeredNs: number[];
  /** By how much memory grew with `held` guests, in this process and in the controller's. */
  guests: Memory;
  controller: Memory;
}

/** Before anything is timed or weighed: code is compiled, and heaps have their first size. */
const FIRST = 20;

await printFigures(async (job: OpenJob): Promise<OpenSamples> => {
  const { connects, held, cpus } = job;
  const controller = startProgram('back', job, cpus?.[1], { flags: ['--expose-gc'] });
  const options = guestOptions(job, await controller.receive<string>());
  let newest: Guest<typeof ECHO>;
  const front = new LinkFront(job, (message) => newest.request(message));
  const connect = async () => {
    newest = await Guest.connect(options);
    return newest;
  };
  const memories = async (): Promise<[Memory, Memory]> => {
    controller.send('figures');
    return [await memoryNow(), await controller.receive<ControllerFigures>()];
  };

  const connectNs: number[] = [];
  const answeredNs: number[] = [];
  for (let i = 0; i < FIRST + connects; i++) {
    const began = performance.now();
    const guest = await connect();
    const connected = performance.now();
    await front.roundTrips(1, NO_MARK);
    const answered = performance.now();
    await guest.close();
    if (i < FIRST) continue;
    connectNs.push(Math.round((connected - began) * 1e6));
    answeredNs.push(Math.round((answered - began) * 1e6));
  }

  const before = await memories();
  const guests: Guest<typeof ECHO>[] = [];
  for (let i = 0; i < held; i++) {
    guests.push(await connect());
    await front.roundTrips(1, NO_MARK);
  }
  const after = await memories();
  await Promise.all(guests.map((guest) => guest.close()));
  const growth = (side: 0 | 1): Memory => ({
    rss: after[side].rss - before[side].rss,
    heap: after[side].heap - before[side].heap,
  });
  return { connectNs, answeredNs, guests: growth(0), controller: growth(1) };
});
