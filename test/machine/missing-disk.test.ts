/** A disk whose image is missing when it is attached again: the domain gets its other devices without it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import { image } from './images.ts';
import { crossed, Events, found, useMachines } from './machines.ts';

const start = useMachines();
const VDEVICE = 769;
let home: string;
let root: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ctrl-if-image-'));
  root = join(home, 'root.img');
  writeFileSync(root, '');
});
afterEach(() => rmSync(home, { recursive: true }));

async function machineWithAll(): Promise<Machine> {
  const machine = await start();
  const devices = { disks: [{ target: root, vdevice: VDEVICE }], vifs: [{}], usbs: [{ path: '1-1' }] };
  await machine.create({ name: 'web', minimumRestartSeconds: 0, ...devices });
  return machine;
}

async function reboot(machine: Machine): Promise<void> {
  const again = machine.wait('web', 'starting').then(() => machine.wait('web', 'running'));
  await machine.shutdown('web', { reason: 'reboot' });
  await again;
}

async function states(machine: Machine): Promise<Record<string, string>> {
  return Object.fromEntries((await machine.devices('web')).map((device) => [device.class, device.state]));
}

it('at a reboot: the domain runs without it, the events give the reason, and the next life tries again', async () => {
  const machine = await machineWithAll();
  rmSync(root);
  const reported = new Events(machine).next(
    ({ name, result = '' }) => name === 'reconnect' && result.includes('PHYSDEV'),
  );
  await reboot(machine);
  await reported;
  await crossed(machine, 'web', 'network');
  await crossed(machine, 'web', 'usb');
  expect(await states(machine)).toEqual({ block: 'REFUSED', network: 'CONNECTED', usb: 'CONNECTED' });
  expect(await machine.devices('web', 'block')).toMatchObject([{ refused: 'PHYSDEV_NOT_FOUND' }]);
  writeFileSync(root, '');
  await reboot(machine);
  expect(await crossed(machine, 'web', 'block')).toMatchObject({ state: 'CONNECTED', target: root });
});

it('at a restart of the driver domain: the other disks are attached without it, and it can be attached again', async () => {
  const driver = { name: 'driver', driver: true, restart: 'always', minimumRestartSeconds: 0 } as const;
  const machine = await start({ driver });
  const disks = [root, image('data')].map((target, i) => ({ target, vdevice: VDEVICE + i }));
  await machine.create({ name: 'web', disks });
  await crossed(machine, 'web', 'block');
  rmSync(root);
  const events = new Events(machine);
  const reported = events.next(({ name, result = '' }) => name === 'block' && result.includes('PHYSDEV_NOT_FOUND'));
  const up = events.domain('driver', 'running');
  process.kill((await machine.info('driver')).pid!, 'SIGKILL');
  await Promise.all([up, reported]);
  await found(machine, async () => (await machine.devices('web'))[1]?.crossed === true);
  const refused = { id: String(VDEVICE), state: 'REFUSED', refused: 'PHYSDEV_NOT_FOUND', backend: 3 };
  expect(await machine.devices('web')).toMatchObject([refused, { id: String(VDEVICE + 1), state: 'CONNECTED' }]);

  const wanted = { target: root, vdevice: VDEVICE };
  await expect(machine.blockAttach('web', wanted)).rejects.toMatchObject({ status: 'VBD_EXISTS' });
  await machine.blockDetach('web', VDEVICE);
  writeFileSync(root, '');
  expect(await machine.blockAttach('web', wanted)).toMatchObject({ state: 'CONNECTED', target: root });
});

it('at a resume: the resume fails, releases all devices, and succeeds when the image exists or the disk is detached', async () => {
  const machine = await machineWithAll();
  const waiting = { block: 'WAITING', network: 'WAITING', usb: 'WAITING' };
  const refused = { code: 'ERR_CTRL_IF_DEVICE_REFUSED', status: 'PHYSDEV_NOT_FOUND' };
  await machine.shutdown('web', { reason: 'suspend' });
  rmSync(root);
  await expect(machine.resume('web')).rejects.toMatchObject(refused);
  expect(await machine.info('web')).toMatchObject({ state: 'suspended' });
  expect(await states(machine)).toEqual(waiting);
  writeFileSync(root, '');
  await machine.resume('web');
  expect(await states(machine)).toEqual({ block: 'CONNECTED', network: 'CONNECTED', usb: 'CONNECTED' });

  await machine.shutdown('web', { reason: 'suspend' });
  rmSync(root);
  await expect(machine.resume('web')).rejects.toMatchObject(refused);
  await machine.blockDetach('web', VDEVICE);
  await machine.resume('web');
  expect(await states(machine)).toEqual({ network: 'CONNECTED', usb: 'CONNECTED' });
});
