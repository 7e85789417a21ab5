import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CtrlIfErrorCode } from '../../lib/errors.ts';
import type { Machine } from '../../lib/machine/machine.ts';
import type { DeviceClassName, DeviceInfo } from '../../lib/machine/operations.ts';
import { image } from './images.ts';
import { crossed, Events, type, useMachines } from './machines.ts';

const start = useMachines();
const fails = (code: CtrlIfErrorCode, details: object = {}) => expect.objectContaining({ code, ...details });
const DRIVER = { name: 'driver', driver: true, restart: 'always', minimumRestartSeconds: 0 } as const;
const CYCLES = Number(process.env.CTRL_IF_LONG_CYCLES ?? 50);
/** The first cycle whose descriptors are compared: by then pools and caches have their size. */
const SETTLED = 10;

const ATTACH: Record<DeviceClassName, (machine: Machine) => Promise<DeviceInfo>> = {
  block: (machine) => machine.blockAttach('web', { target: image('img'), vdevice: 769 }),
  network: (machine) => machine.networkAttach('web', { mac: '00:16:3e:00:00:01' }),
  usb: (machine) => machine.usbAttach('web', { path: '1-1' }),
};
const DETACH: Record<DeviceClassName, (machine: Machine) => Promise<void>> = {
  block: (machine) => machine.blockDetach('web', 769),
  network: (machine) => machine.networkDetach('web', 0),
  usb: (machine) => machine.usbDetach('web', '1-1'),
};
const CLASSES = Object.keys(ATTACH) as DeviceClassName[];
/** The messages of a connect between the three processes, in order, with the names of the class. */
const CONNECT: Record<DeviceClassName, readonly RegExp[]> = {
  block: [/0>1 BLKIF_BE_CREATE$/, /0>2 BLKIF_FE_INTERFACE_STATUS DISCONNECTED$/, /2>0 BLKIF_FE_INTERFACE_CONNECT$/],
  network: [/0>1 NETIF_BE_CREATE$/, /0>2 NETIF_FE_INTERFACE_STATUS DISCONNECTED$/, /2>0 NETIF_FE_INTERFACE_CONNECT$/],
  usb: [
    /0>1 USBIF_BE_CREATE$/,
    /0>2 USBIF_FE_INTERFACE_STATUS_CHANGED DISCONNECTED$/,
    /2>0 USBIF_FE_INTERFACE_CONNECT$/,
  ],
};
const BE_CONNECT = /1>0 \w+_BE_CONNECT OKAY$/;
const LEAVE = [
  /0>1 \w+_BE_DISCONNECT$/,
  /1>0 \w+_BE_DISCONNECT OKAY$/,
  /0>1 \w+_BE_DESTROY$/,
  /1>0 \w+_BE_DESTROY OKAY$/,
];

async function machineWithWeb(): Promise<Machine> {
  const machine = await start({ driver: DRIVER });
  await machine.create({ name: 'web', memory: 8 });
  return machine;
}

describe.each(CLASSES)('a %s device', (className) => {
  it('is connected and detached in the order of PROTOCOL.md 3, with the same frames and ports at both ends', async () => {
    const machine = await machineWithWeb();
    const events = new Events(machine);
    const device = await ATTACH[className](machine);
    expect(device).toMatchObject({ class: className, handle: 0, frontend: 2, backend: 1, state: 'CONNECTED' });
    expect(device.frames!.length).toBeGreaterThan(0);
    expect(await crossed(machine, 'web', className)).toMatchObject({ frames: device.frames, ports: device.ports });
    await events.inOrder([...CONNECT[className], BE_CONNECT]);
    await DETACH[className](machine);
    await events.inOrder(LEAVE);
    expect(await machine.devices('web')).toEqual([]);
  });

  it(`leaves no frame, port or descriptor after ${CYCLES} cycles`, { timeout: 60_000 + CYCLES * 100 }, async () => {
    const machine = await machineWithWeb();
    const held = async () => {
      const pids = [process.pid, (await machine.info('driver')).pid!, (await machine.info('web')).pid!];
      return pids.map((pid) => readdirSync(`/proc/${pid}/fd`).length);
    };
    let first: DeviceInfo | undefined;
    let descriptors: number[] | undefined;
    for (let i = 0; i < CYCLES; i++) {
      const device = await ATTACH[className](machine);
      const { handle, frames, ports } = await crossed(machine, 'web', className);
      // The lowest free number is used first, so anything left over would shift the numbers.
      if (first) expect({ handle, frames, ports }).toEqual({ handle: 0, frames: first.frames, ports: first.ports });
      else first = device;
      await DETACH[className](machine);
      if (i === SETTLED) descriptors = await held();
    }
    expect(await held()).toEqual(descriptors);
  });

  it('is connected again when its backend was killed, and after a suspend', async () => {
    const machine = await machineWithWeb();
    await ATTACH[className](machine);
    const events = new Events(machine);
    const again = events.next(({ kind, result, to }) => kind === 'device' && result === 'CONNECTED' && to !== 1);
    process.kill((await machine.info('driver')).pid!, 'SIGKILL');
    await again;
    expect(await crossed(machine, 'web', className)).toMatchObject({ state: 'CONNECTED', backend: 3, frontend: 2 });
    await machine.shutdown('web', { reason: 'suspend' });
    await machine.resume('web');
    expect(await crossed(machine, 'web', className)).toMatchObject({ state: 'CONNECTED', backend: 3, frontend: 2 });
  });
});

describe('an impossible operation', () => {
  it('fails with its status or code, and changes nothing', async () => {
    const machine = await machineWithWeb();
    for (const className of CLASSES) await ATTACH[className](machine);
    const before = await machine.devices('web');
    const refused = 'ERR_CTRL_IF_DEVICE_REFUSED';
    await expect(ATTACH.block(machine)).rejects.toEqual(fails(refused, { status: 'VBD_EXISTS' }));
    await expect(ATTACH.usb(machine)).rejects.toEqual(fails(refused, { status: 'ERROR' }));
    await expect(machine.blockDetach('web', 1)).rejects.toEqual(fails('ERR_CTRL_IF_DEVICE_NOT_FOUND'));
    await expect(machine.networkDetach('web', 7)).rejects.toEqual(fails('ERR_CTRL_IF_DEVICE_NOT_FOUND'));
    await expect(machine.usbDetach('web', '9-9')).rejects.toEqual(fails('ERR_CTRL_IF_DEVICE_NOT_FOUND'));
    await expect(machine.networkUnlimit('web', 7)).rejects.toEqual(fails('ERR_CTRL_IF_DEVICE_NOT_FOUND'));
    await expect(machine.blockAttach('nobody', { target: 'x', vdevice: 1 })).rejects.toEqual(
      fails('ERR_CTRL_IF_DOMAIN'),
    );
    expect((await machine.devices('web')).map(({ class: className, id, state }) => [className, id, state])).toEqual(
      before.map(({ class: className, id, state }) => [className, id, state]),
    );
  });

  it('a USB port has one owner, also without its backend and while its owner is suspended', async () => {
    const machine = await machineWithWeb();
    await machine.create({ name: 'db' });
    const claimed = fails('ERR_CTRL_IF_DEVICE_REFUSED', { status: 'ERROR', subject: 'USBIF_BE_CLAIM_PORT' });
    expect(await type(machine, 'driver', 'down usb')).toBe('usb DOWN');
    await ATTACH.usb(machine);
    await expect(machine.usbAttach('db', { path: '1-1' })).rejects.toEqual(claimed);
    await expect(machine.usbAttach('web', { path: '1-1' })).rejects.toEqual(claimed);
    expect(await type(machine, 'driver', 'up usb')).toBe('usb UP');
    await crossed(machine, 'web', 'usb');
    await machine.shutdown('web', { reason: 'suspend' });
    await expect(machine.usbAttach('db', { path: '1-1' })).rejects.toEqual(claimed);
    await machine.resume('web');
    await machine.usbDetach('web', '1-1');
    expect(await machine.usbAttach('db', { path: '1-1' })).toMatchObject({ state: 'CONNECTED' });
  });

  it('a killed guest loses its own devices, and other guests keep theirs', async () => {
    const machine = await machineWithWeb();
    await machine.create({ name: 'db', disks: [{ target: image('db'), vdevice: 769 }] });
    for (const className of CLASSES) await ATTACH[className](machine);
    await crossed(machine, 'db', 'block');
    const events = new Events(machine);
    const ended = events.domain('web', 'crash');
    process.kill((await machine.info('web')).pid!, 'SIGKILL');
    await ended;
    await events.inOrder(LEAVE);
    expect(await machine.info('driver')).toMatchObject({ state: 'running', domid: 1 });
    expect(await machine.devices('db')).toMatchObject([{ state: 'CONNECTED', crossed: true }]);
  });

  it('a stopped guest delays no other, and gets its statuses when it continues', async () => {
    const machine = await machineWithWeb();
    await ATTACH.block(machine);
    await machine.create({ name: 'db', disks: [{ target: image('db'), vdevice: 769 }] });
    const { pid } = await machine.info('web');
    await crossed(machine, 'web', 'block');
    process.kill(pid!, 'SIGSTOP');
    try {
      const events = new Events(machine);
      const up = events.domain('driver', 'running');
      process.kill((await machine.info('driver')).pid!, 'SIGKILL');
      await up;
      await crossed(machine, 'db', 'block');
      expect(await machine.networkAttach('db', {})).toMatchObject({ state: 'CONNECTED', backend: 4 });
      expect((await machine.list()).map(({ name }) => name)).toEqual(['driver', 'web', 'db']);
    } finally {
      process.kill(pid!, 'SIGCONT');
    }
    expect(await crossed(machine, 'web', 'block')).toMatchObject({ state: 'CONNECTED', backend: 4 });
  });

  it('a limit is kept until it is removed, and many disks share an interface', async () => {
    const machine = await machineWithWeb();
    const events = new Events(machine);
    await ATTACH.network(machine);
    await machine.networkLimit('web', 0, { bytes: 1500, microseconds: 1000 });
    await machine.networkUnlimit('web', 0);
    await events.inOrder([/1>0 NETIF_BE_CREDITLIMIT OKAY/, /1>0 NETIF_BE_CREDITLIMIT OKAY/]);
    for (const vdevice of [769, 770, 771]) await machine.blockAttach('web', { target: image(`${vdevice}`), vdevice });
    expect((await machine.devices('web', 'block')).map(({ handle, id }) => [handle, id])).toEqual([
      [0, '769'],
      [0, '770'],
      [0, '771'],
    ]);
    await machine.blockDetach('web', 770);
    expect((await machine.devices('web', 'block')).map(({ id }) => id)).toEqual(['769', '771']);
  });
});
