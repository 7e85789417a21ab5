/** Starts a controller and a guest, and watches them from outside while they say nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { idleFigures, QUIET } from './idle-figures.ts';
import type { Job } from './job.ts';
import { printFigures, startProgram } from './peer.ts';

export interface IdleJob extends Job {
  seconds: number;
}

/** After the last message: Node wakes once more at the end of the handshake's 5 s, though its timers were cleared. */
const SETTLE_MS = 6000;

await printFigures(async (job: IdleJob) => {
  const controller = startProgram('back', job, undefined, { flags: QUIET });
  const name = await controller.receive<string>();
  const guest = startProgram('idle-guest', { name }, undefined, { flags: QUIET });
  await guest.receive();
  await sleep(SETTLE_MS);
  return await idleFigures([controller.child!.pid!, guest.child!.pid!], job.seconds);
});
