import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { BlockBackend } from '../../lib/device/classes/block/backend.ts';
import { BlockFrontend } from '../../lib/device/classes/block/frontend.ts';
import { vbdSetting } from '../../lib/device/classes/block/vbd.ts';
import { BLOCK } from '../../lib/device/classes/block/wire.ts';
import { NetworkBackend } from '../../lib/device/classes/network/backend.ts';
import { NetworkFrontend } from '../../lib/device/classes/network/frontend.ts';
import { creditSetting, vifFields } from '../../lib/device/classes/network/vif.ts';
import { NETWORK } from '../../lib/device/classes/network/wire.ts';
import { UsbBackend } from '../../lib/device/classes/usb/backend.ts';
import { UsbFrontend } from '../../lib/device/classes/usb/frontend.ts';
import { controllerFields, portSetting } from '../../lib/device/classes/usb/port-claim.ts';
import { USB } from '../../lib/device/classes/usb/wire.ts';
import { DeviceManager } from '../../lib/device/manager/device-manager.ts';
import type { DeviceWire } from '../../lib/device/wire.ts';
import { MockMachine } from '../../lib/testing/mock-machine.ts';
import { until } from '../support/until.ts';

let machine: MockMachine;
beforeEach(() => {
  machine = new MockMachine();
});

/** A manager of the devices between the frontend of domain 1 and the backend of domain 2. */
function managerOf(wire: DeviceWire): DeviceManager {
  const manager = new DeviceManager(wire, machine.channels);
  manager.addFrontend(1, machine.domain(1).controller);
  manager.addBackend(2, machine.domain(2).controller);
  return manager;
}

const MAC = '00:16:3e:00:00:01';
const CLASSES = {
  block: { wire: BLOCK, Frontend: BlockFrontend, Backend: BlockBackend, frames: 1 },
  network: { wire: NETWORK, Frontend: NetworkFrontend, Backend: NetworkBackend, frames: 2 },
  usb: { wire: USB, Frontend: UsbFrontend, Backend: UsbBackend, frames: 1 },
};
type ClassName = keyof typeof CLASSES;

/** A device manager with real frontends and backends of one class. */
function begin(which: ClassName) {
  const { wire, Frontend, Backend } = CLASSES[which];
  const manager = new DeviceManager(wire, machine.channels);
  const errors: unknown[] = [];
  manager.on('error', (error) => errors.push(error));
  const events: string[] = [];
  return {
    manager,
    errors,
    events,
    attach: (frontend: number, backend: number, handle?: number) =>
      manager.attach({ frontend, backend, ...(handle !== undefined && { handle }) }),
    frontend(domid: number) {
      manager.addFrontend(domid, machine.domain(domid).controller);
      const frontend = new Frontend(machine.domain(domid).frontend);
      for (const notice of ['connected', 'disconnected', 'closed', 'refused'] as const) {
        frontend.on(notice, ({ handle }) => events.push(`${domid}/${handle} ${notice}`));
      }
      return frontend;
    },
    backend(domid: number) {
      manager.addBackend(domid, machine.domain(domid).controller);
      return new Backend(machine.domain(domid).backend) as BlockBackend;
    },
  };
}

describe.each(['block', 'network', 'usb'] as const)('%s devices', (which) => {
  const { frames } = CLASSES[which];
  const idle = () => [machine.memory.allocated, machine.memory.mapped, machine.channels.open];

  it('connect, share pages, notify, and leave no page or channel behind', async () => {
    const { manager, attach, frontend: addFrontend, backend: addBackend, errors, events } = begin(which);
    const frontend = addFrontend(1);
    const backend = addBackend(2);
    await backend.start();
    const device = await attach(1, 2);
    await frontend.start();
    await until(() => events.includes('1/0 connected'));
    frontend.find()!.frames[0]!.store32(4, 33);
    expect(backend.find(1)!.frames[0]!.load32(4)).toBe(33);
    let notified = 0;
    frontend.on('notified', () => notified++);
    backend.find(1)!.notify();
    await until(() => notified > 0);
    expect(device.state).toBe('CONNECTED');
    await manager.detach(device);
    expect(events).toEqual(['1/0 connected', '1/0 closed']);
    expect([backend.interfaces, manager.devicesOf(1), errors, idle()]).toEqual([[], [], [], [0, 0, 0]]);
  });

  it('disconnect when the last user of the pages is done, and connect again on request of the frontend', async () => {
    const { attach, frontend: addFrontend, backend: addBackend } = begin(which);
    const frontend = addFrontend(1);
    const backend = addBackend(2);
    await backend.start();
    await frontend.start();
    await attach(1, 2);
    await until(() => frontend.find()?.state === 'CONNECTED');
    const letGo = backend.find(1)!.hold();
    const disconnected = frontend.disconnect();
    for (let i = 0; i < 5; i++) await turn();
    expect([frontend.find()!.state, machine.memory.mapped]).toEqual(['DISCONNECTING', frames]);
    letGo();
    await disconnected;
    expect([frontend.find()!.state, idle()]).toEqual(['IDLE', [0, 0, 0]]);
    await frontend.connect();
    await until(() => frontend.find()?.state === 'CONNECTED');
    expect(idle()).toEqual([frames, frames, 1]);
  });

  it('survive DOWN and UP of their backend: every frontend is disconnected and connected again', async () => {
    const { attach, frontend: addFrontend, backend: addBackend, errors, events } = begin(which);
    const fronts = [addFrontend(1), addFrontend(3)];
    const backend = addBackend(2);
    await backend.start();
    for (const front of fronts) await front.start();
    await attach(1, 2);
    await attach(3, 2);
    await until(() => events.length === 2);
    await backend.stop();
    // The controller holds their CONNECTs.
    await until(() => fronts.every((front) => front.find()!.state === 'HELD'));
    expect(events.slice(2).sort()).toEqual(['1/0 disconnected', '3/0 disconnected']);
    expect(idle()).toEqual([2 * frames, 0, 0]);
    await backend.start();
    await until(() => events.length === 6);
    expect(events.slice(4).sort()).toEqual(['1/0 connected', '3/0 connected']);
    expect([idle(), errors]).toEqual([[2 * frames, 2 * frames, 2], []]);
  });

  it('survive the end of their driver domain when another one replaces it', async () => {
    const { manager, attach, frontend: addFrontend, backend: addBackend, events } = begin(which);
    const frontend = addFrontend(1);
    await addBackend(2).start();
    await frontend.start();
    await attach(1, 2);
    await until(() => events.length === 1);
    machine.kill(2);
    await manager.removeBackend(2);
    const next = addBackend(4);
    await next.start();
    await manager.replaceBackend(2, 4);
    await until(() => frontend.find()!.state === 'CONNECTED');
    expect(frontend.find()!.backend).toBe(4);
    expect(next.find(1)!.frames[0]!.frame).toBe(frontend.find()!.frames[0]!.frame);
  });

  it('are destroyed when their frontend dies: the backend unmaps the pages', async () => {
    const { manager, attach, frontend: addFrontend, backend: addBackend, events } = begin(which);
    const frontend = addFrontend(1);
    const backend = addBackend(2);
    await backend.start();
    await frontend.start();
    await attach(1, 2);
    await until(() => events.length === 1);
    machine.kill(1);
    await manager.removeFrontend(1);
    expect([backend.interfaces, manager.devicesOf(1), machine.memory.mapped, machine.channels.open]).toEqual([
      [],
      [],
      0,
      0,
    ]);
  });

  it('are disconnected when the frontend driver is DOWN, and connected when it is UP again', async () => {
    const { attach, frontend: addFrontend, backend: addBackend, events } = begin(which);
    const frontend = addFrontend(1);
    const backend = addBackend(2);
    await backend.start();
    await frontend.start();
    await attach(1, 2);
    await until(() => events.length === 1);
    await frontend.stop();
    expect([events.at(-1), idle(), backend.find(1)!.state]).toEqual(['1/0 closed', [0, 0, 0], 'DISCONNECTED']);
    await frontend.start();
    await until(() => events.length === 3);
    expect(events.at(-1)).toBe('1/0 connected');
  });

  it('send one DISCONNECTED to a frontend driver that comes UP while they are attached', async () => {
    const { attach, frontend: addFrontend, backend: addBackend, events } = begin(which);
    const frontend = addFrontend(1);
    const backend = addBackend(2);
    let create = () => {};
    backend.onCreate = () => new Promise((resolve) => (create = resolve));
    await backend.start();
    const attaching = attach(1, 2);
    const statuses: unknown[] = [];
    const { guest } = machine.domain(1);
    const receive = guest.receive.bind(guest);
    guest.receive = (name, handler) =>
      receive(name, (message, request) => {
        if (message.status === 1 && message.domid === 2) statuses.push(message.status);
        return handler(message, request);
      });
    const starting = frontend.start();
    for (let i = 0; i < 5; i++) await turn();
    create();
    await Promise.all([attaching, starting]);
    await until(() => events.includes('1/0 connected'));
    for (let i = 0; i < 5; i++) await turn();
    expect([statuses, events]).toEqual([[1], ['1/0 connected']]);
  });

  it('ignore an UP while they are connected (the header, D16)', async () => {
    const { attach, frontend: addFrontend, backend: addBackend, events } = begin(which);
    const frontend = addFrontend(1);
    await addBackend(2).start();
    await frontend.start();
    await attach(1, 2);
    await until(() => events.length === 1);
    const before = frontend.find()!.frames[0];
    const name = {
      block: 'BLKIF_FE_DRIVER_STATUS',
      network: 'NETIF_FE_DRIVER_STATUS',
      usb: 'USBIF_FE_DRIVER_STATUS_CHANGED',
    }[which];
    await machine.domain(1).guest.request({ name, status: 1 });
    await turn();
    expect(frontend.find()!.frames[0]).toBe(before);
    expect(events).toEqual(['1/0 connected']);
  });

  it('are connected when a backend that was not UP comes UP', async () => {
    const { attach, frontend: addFrontend, backend: addBackend, events } = begin(which);
    const frontend = addFrontend(1);
    const backend = addBackend(2);
    const device = await attach(1, 2);
    await frontend.start();
    await until(() => device.state === 'HELD');
    await backend.start();
    await until(() => events.includes('1/0 connected'));
  });

  it('cannot be attached to a domain that was not added, or with a handle that is taken', async () => {
    const { attach, frontend: addFrontend, backend: addBackend } = begin(which);
    await expect(attach(1, 2)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEVICE_STATE', domid: 2 });
    addBackend(2);
    await expect(attach(1, 2)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEVICE_STATE', domid: 1 });
    addFrontend(1);
    await attach(1, 2);
    await expect(attach(1, 2, 0)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEVICE_STATE' });
    if (which === 'usb') await expect(attach(1, 2)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEVICE_STATE' });
    else expect((await attach(1, 2)).handle).toBe(1);
  });
});

describe('max_handle and QUERY', () => {
  it.each(['block', 'network'] as const)('name every %s interface, with any backend', async (which) => {
    const { attach, frontend: addFrontend, backend: addBackend } = begin(which);
    addFrontend(1);
    const backends = [addBackend(2), addBackend(3)];
    for (const backend of backends) await backend.start();
    await attach(1, 2);
    await attach(1, 3, 4);
    const [driver, query] =
      which === 'block'
        ? ['BLKIF_FE_DRIVER_STATUS', 'BLKIF_FE_INTERFACE_QUERY']
        : ['NETIF_FE_DRIVER_STATUS', 'NETIF_FE_INTERFACE_QUERY'];
    const { guest } = machine.domain(1);
    for (const name of ['BLKIF_FE_INTERFACE_STATUS', 'NETIF_FE_INTERFACE_STATUS', 'NETIF_FE_DRIVER_STATUS'])
      guest.receive(name, () => {});
    expect(await guest.request({ name: driver, status: 1 })).toMatchObject({ maxHandle: 4 });
    expect(await guest.request({ name: query, handle: 0 })).toMatchObject({ status: 1, domid: 2, evtchn: 0 });
    expect(await guest.request({ name: query, handle: 4 })).toMatchObject({ status: 1, domid: 3 });
    expect(await guest.request({ name: query, handle: 3 })).toMatchObject({ status: 0, domid: 0 });
  });

  it('send CLOSED for a CONNECT and a DISCONNECT of an interface that does not exist', async () => {
    const { frontend: addFrontend } = begin('block');
    addFrontend(1);
    const { guest } = machine.domain(1);
    const statuses: unknown[] = [];
    guest.receive('BLKIF_FE_INTERFACE_STATUS', ({ handle, status }) => void statuses.push([handle, status]));
    await guest.request({ name: 'BLKIF_FE_INTERFACE_CONNECT', handle: 9, shmemFrame: 1n });
    await guest.request({ name: 'BLKIF_FE_INTERFACE_DISCONNECT', handle: 9 });
    expect(statuses).toEqual([
      [9, 0],
      [9, 0],
    ]);
  });
});

describe('a backend that goes DOWN and comes UP again', () => {
  const vbd = { vdevice: 1, pdevice: 1, devHandle: 0, readonly: false };
  const attachment = { frontend: 1, backend: 2 };

  /** A manager, and a simple backend that restarts during that message and then has no interfaces. */
  function restartingAt(message: string) {
    const manager = new DeviceManager(BLOCK, machine.channels);
    manager.on('error', () => {});
    const { guest, controller } = machine.domain(2);
    manager.addFrontend(1, machine.domain(1).controller);
    manager.addBackend(2, controller);
    const interfaces = new Set<number>();
    const status = (isUp: boolean) => guest.request({ name: 'BLKIF_BE_DRIVER_STATUS', status: isUp ? 1 : 0 });
    let isArmed = false;
    const answers: Record<string, (domid: number) => number> = {
      BLKIF_BE_CREATE: (domid) => (interfaces.has(domid) ? 2 : Number(interfaces.add(domid) && 0)),
      BLKIF_BE_DESTROY: (domid) => (interfaces.delete(domid) ? 0 : 3),
      BLKIF_BE_VBD_CREATE: (domid) => (interfaces.has(domid) ? 0 : 3),
    };
    for (const [name, answer] of Object.entries(answers)) {
      guest.receive(name, async ({ domid }) => {
        if (name === message && isArmed) {
          isArmed = false;
          interfaces.clear();
          await status(false);
          await status(true);
        }
        return { status: answer(domid) };
      });
    }
    return { manager, interfaces, up: () => status(true), down: () => status(false), arm: () => (isArmed = true) };
  }

  it('before it is connected, is connected once, by its last UP', async () => {
    const { manager, interfaces, up, down, arm } = restartingAt('BLKIF_BE_CREATE');
    const { guest: backend } = machine.domain(2);
    const { guest } = machine.domain(1);
    const log: unknown[] = [];
    guest.receive('BLKIF_FE_INTERFACE_STATUS', ({ status }) => void log.push(status));
    backend.receive('BLKIF_BE_CONNECT', ({ domid }) => {
      log.push('connect');
      return { status: interfaces.has(domid) ? 0 : 3 };
    });
    const device = await manager.attach(attachment, { settings: [vbdSetting(vbd)] });
    await guest.request({ name: 'BLKIF_FE_DRIVER_STATUS', status: 1 });
    await guest.request({ name: 'BLKIF_FE_INTERFACE_CONNECT', handle: 0, shmemFrame: 1n });
    log.length = 0;
    arm();
    // First DOWN and UP come during the CREATE that UP has caused. Below all three come at once.
    await up();
    await until(() => device.state === 'CONNECTED');
    expect(log).toEqual(['connect', 2]);

    await down();
    await until(() => device.state === 'DOWN');
    await guest.request({ name: 'BLKIF_FE_INTERFACE_CONNECT', handle: 0, shmemFrame: 1n });
    expect(device.state).toBe('HELD');
    log.length = 0;
    interfaces.clear();
    await Promise.all([up(), down(), up()]);
    await until(() => device.state === 'CONNECTED');
    for (let i = 0; i < 20; i++) await turn();
    expect([device.state, log, [...interfaces]]).toEqual(['CONNECTED', ['connect', 2], [1]]);
  });

  it('during an attach that fails, has no interface of the device', async () => {
    const { manager, interfaces, up, arm } = restartingAt('BLKIF_BE_VBD_CREATE');
    await up();
    arm();
    await expect(manager.attach(attachment, { settings: [vbdSetting(vbd)] })).rejects.toMatchObject({
      status: 'INTERFACE_NOT_FOUND',
    });
    expect([manager.devicesOf(1), [...interfaces]]).toEqual([[], []]);
    await manager.attach(attachment, { settings: [vbdSetting(vbd)] });
    expect([...interfaces]).toEqual([1]);
  });

  it.each(['is detached', 'dies'])('during the DESTROY of a device that %s, has no interface of it', async (how) => {
    const { manager, interfaces, up, arm } = restartingAt('BLKIF_BE_DESTROY');
    await up();
    const device = await manager.attach(attachment, { settings: [vbdSetting(vbd)] });
    arm();
    await (how === 'dies' ? manager.removeFrontend(1) : manager.detach(device));
    // Work that is not awaited ends within a few turns.
    for (let i = 0; i < 20; i++) await turn();
    expect([manager.devicesOf(1), [...interfaces]]).toEqual([[], []]);
  });
});

describe('the settings of a device', () => {
  it('create and destroy VBDs, and create them again when the backend restarts', async () => {
    const manager = managerOf(BLOCK);
    const opened: number[] = [];
    class Disks extends BlockBackend {
      override onVbdCreate = (_: unknown, { vdevice }: { vdevice: number }) => {
        if (vdevice === 13) throw new Error('no such disk');
        opened.push(vdevice);
      };
    }
    const backend = new Disks(machine.domain(2).backend);
    const frontend = new BlockFrontend(machine.domain(1).frontend);
    let changes = 0;
    frontend.on('changed', () => changes++);
    await backend.start();
    await frontend.start();
    const vbd = (vdevice: number) => vbdSetting({ vdevice, pdevice: vdevice, devHandle: 0, readonly: false });
    const attachment = { frontend: 1, backend: 2 };
    await expect(manager.attach(attachment, { settings: [vbd(1), vbd(13)] })).rejects.toMatchObject({
      status: 'PHYSDEV_NOT_FOUND',
    });
    expect(backend.interfaces).toEqual([]);
    const device = await manager.attach(attachment, { settings: [vbd(1)] });
    await until(() => frontend.find()?.state === 'CONNECTED');
    await device.set(vbd(2));
    await expect(device.set(vbd(2))).rejects.toMatchObject({ status: 'VBD_EXISTS' });
    await expect(device.set(vbd(13))).rejects.toMatchObject({ status: 'PHYSDEV_NOT_FOUND' });
    await device.unset(vbd(1));
    await expect(device.unset(vbd(1))).rejects.toMatchObject({ status: 'VBD_NOT_FOUND' });
    expect([[...backend.find(1)!.vbds.keys()], changes]).toEqual([[2], 2]);
    opened.length = 0;
    await backend.stop();
    await backend.start();
    await until(() => frontend.find()?.state === 'CONNECTED');
    expect(opened).toEqual([2]);
  });

  it('limit the credit at once and after a reconnect', async () => {
    const manager = managerOf(NETWORK);
    const backend = new NetworkBackend(machine.domain(2).backend);
    const frontend = new NetworkFrontend(machine.domain(1).frontend);
    await backend.start();
    await frontend.start();
    const creditLimit = { creditBytes: 3000, periodUsec: 1000 };
    const device = await manager.attach(
      { frontend: 1, backend: 2 },
      {
        fields: vifFields(MAC),
        settings: [creditSetting(creditLimit)],
      },
    );
    await until(() => frontend.find()?.state === 'CONNECTED');
    expect(backend.find(1)).toMatchObject({ mac: MAC });
    expect(frontend.find()!.mac).toBe(MAC);
    expect(backend.find(1)!.credit.limit).toEqual(creditLimit);
    await device.set(creditSetting({ creditBytes: 9000, periodUsec: 1000 }));
    await frontend.disconnect();
    await frontend.connect();
    await until(() => frontend.find()?.state === 'CONNECTED');
    expect(backend.find(1)!.credit.limit).toEqual({ creditBytes: 9000, periodUsec: 1000 });
  });

  it('claim and release USB ports, and give the frontend the highest port number', async () => {
    const port = (path: string, usbifPort: number) => portSetting({ path, usbifPort });
    const manager = managerOf(USB);
    const backend = new UsbBackend(machine.domain(2).backend);
    const frontend = new UsbFrontend(machine.domain(1).frontend);
    await backend.start();
    await frontend.start();
    const device = await manager.attach(
      { frontend: 1, backend: 2 },
      { fields: controllerFields(700), settings: [port('1-1', 0)] },
    );
    await until(() => frontend.find()?.state === 'CONNECTED');
    expect(frontend.find()).toMatchObject({ bandwidth: 700, numPorts: 1 });
    await device.set(port('1-2', 3));
    expect(frontend.find()!.numPorts).toBe(4);
    await expect(device.set(port('1-3', 3))).rejects.toMatchObject({ status: 'ERROR' });
    await device.unset(port('1-1', 0));
    await expect(device.unset(port('1-1', 0))).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
    expect(backend.portsOf(1).map(({ path }) => path)).toEqual(['1-2']);
    expect(frontend.find()!.numPorts).toBe(4);
    await device.set(port('1-1', 0));
    await backend.stop();
    // One port is claimed by another domain before the backend restarts. The device then has the other port only.
    manager.addFrontend(3, machine.domain(3).controller);
    const taken = await manager.attach(
      { frontend: 3, backend: 2 },
      { fields: controllerFields(), settings: [port('1-2', 0)] },
    );
    manager.on('error', () => {});
    await backend.start();
    await until(() => frontend.find()?.state === 'CONNECTED');
    const [first, second] = [device, taken].map((one) => one.refusals.get('port 1-2')?.status);
    expect([first, second].sort()).toEqual(['ERROR', undefined]);
    expect(frontend.find()!.numPorts).toBe(first ? 1 : 4);
  });
});
