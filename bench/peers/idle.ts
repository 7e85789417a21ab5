/** Starts a controller and a guest, and watches them from outside while they say nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Looked, looked } from './looked.ts';
import { printFigures, startProgram } from './second-process.ts';

export interface IdleJob {
  seconds: number;
}

export type IdleSamples = Looked;

/** After the last message: Node wakes once more at the end of the handshake's 5 s, though its timers were cleared. */
const SETTLE_MS = 6000;

/** V8 collects in an idle process too, link or no link. */
const QUIET = ['--expose-gc', '--no-memory-reducer'];

async function main({ seconds }: IdleJob): Promise<IdleSamples> {
  const controller = startProgram('open-controller', { engine: 'native' }, undefined, { flags: QUIET });
  const name = await controller.receive<string>();
  const guest = startProgram('idle-guest', { name }, undefined, { flags: QUIET });
  await guest.receive();
  await sleep(SETTLE_MS);
  const pids = [controller.child.pid!, guest.child.pid!];
  const before = pids.map(looked);
  await sleep(seconds * 1000);
  const after = pids.map(looked);
  for (const each of [guest, controller]) {
    each.dismiss();
    each.child.disconnect();
  }
  const growth = (figure: keyof IdleSamples) =>
    after.reduce((sum, figures, i) => sum + figures[figure] - before[i]![figure], 0);
  return { cpuNs: growth('cpuNs'), switches: growth('switches') };
}

await printFigures(() => main(JSON.parse(process.argv[2] ?? '{}')));
