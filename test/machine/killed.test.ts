import { expect, it } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import { crossed, Events, useMachines } from './machines.ts';

const start = useMachines();
const DRIVER = { name: 'driver', driver: true, restart: 'always', minimumRestartSeconds: 0 } as const;

/** The messages of a connect, each the last that is seen before somebody is killed. */
const STEPS = [
  '0>1 BLKIF_BE_CREATE',
  '1>0 BLKIF_BE_CREATE OKAY',
  '0>1 BLKIF_BE_VBD_CREATE',
  '1>0 BLKIF_BE_VBD_CREATE OKAY',
  '0>2 BLKIF_FE_INTERFACE_STATUS',
  '2>0 BLKIF_FE_INTERFACE_CONNECT',
  '0>1 BLKIF_BE_CONNECT',
  '1>0 BLKIF_BE_CONNECT OKAY',
];

/** Attaches a disk to `web`, and kills `victim` as soon as `step` was seen; resolves when the attach has ended, however. */
async function killAt(machine: Machine, step: string, victim: string): Promise<void> {
  const events = new Events(machine);
  const pid = (await machine.info(victim)).pid!;
  const seen = events.next(({ kind, from, to, name, result }) => {
    return kind === 'message' && `${from}>${to} ${name}${result ? ` ${result}` : ''}` === step;
  });
  const attached = machine.blockAttach('web', { target: 'img', vdevice: 769 }).catch(() => undefined);
  await seen;
  process.kill(pid, 'SIGKILL');
  await attached;
}

it.each(STEPS)('a backend that is killed after %s comes back, and the device with it', async (step) => {
  const machine = await start({ driver: DRIVER });
  await machine.create({ name: 'web' });
  const events = new Events(machine);
  const again = events.domain('driver', 'running');
  await killAt(machine, step, 'driver');
  await again;
  // Where the attach was told of it, there is nothing to reconnect: it is asked for again.
  if ((await machine.devices('web')).length === 0) await machine.blockAttach('web', { target: 'img', vdevice: 769 });
  expect(await crossed(machine, 'web', 'block')).toMatchObject({ state: 'CONNECTED', backend: 3, frontend: 2 });
});

it.each(STEPS)('a frontend that is killed after %s leaves its backend as it was', async (step) => {
  const machine = await start({ driver: DRIVER });
  await machine.create({ name: 'web' });
  const events = new Events(machine);
  const ended = events.domain('web', 'crash');
  await killAt(machine, step, 'web');
  await ended;
  expect(await machine.info('driver')).toMatchObject({ state: 'running', domid: 1, restarts: 0 });
  await machine.create({ name: 'next', disks: [{ target: 'img', vdevice: 769 }] });
  expect(await crossed(machine, 'next', 'block')).toMatchObject({ handle: 0, backend: 1, frontend: 3 });
});
