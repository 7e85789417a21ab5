import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { vbdSetting } from '../../lib/device/classes/block/vbd.ts';
import { BLOCK } from '../../lib/device/classes/block/wire.ts';
import { creditSetting } from '../../lib/device/classes/network/vif.ts';
import { NETWORK } from '../../lib/device/classes/network/wire.ts';
import { portSetting } from '../../lib/device/classes/usb/port-claim.ts';
import { USB } from '../../lib/device/classes/usb/wire.ts';
import { Device } from '../../lib/device/manager/device.ts';
import { Settings } from '../../lib/device/manager/settings.ts';
import { DEVICE, type DeviceEvent, type DeviceState } from '../../lib/device/manager/table.ts';
import { MockMachine } from '../../lib/testing/mock-machine.ts';
import { type DeviceWire, INTERFACE_STATUSES } from '../../lib/device/wire.ts';
import { itReachesEveryCellOf } from './cells.ts';

let machine: MockMachine;
beforeEach(() => {
  machine = new MockMachine();
});

const STATUS = { create: 0, connect: 0, disconnect: 0, destroy: 0, change: 0 };

/** A device between a backend and a frontend that log their messages and answer as the test sets. */
class World {
  readonly log: string[] = [];
  readonly errors: unknown[] = [];
  readonly answers: Record<keyof typeof STATUS, number> = { ...STATUS };
  isFrontendUp = true;
  readonly ports: number[] = [];
  readonly device: Device;

  constructor(wire: DeviceWire = BLOCK) {
    const backend = machine.domain(2);
    const frontend = machine.domain(1);
    const names = [
      [wire.backend.CREATE, 'create'],
      [wire.backend.CONNECT, 'connect'],
      [wire.backend.DISCONNECT, 'disconnect'],
      [wire.backend.DESTROY, 'destroy'],
      ['BLKIF_BE_VBD_CREATE', 'change'],
      ['NETIF_BE_CREDITLIMIT', 'change'],
      ['USBIF_BE_CLAIM_PORT', 'change'],
    ] as const;
    for (const [name, what] of names) {
      backend.guest.receive(name, () => {
        this.log.push(what);
        return { status: this.answers[what] };
      });
    }
    frontend.guest.receive(wire.frontend.INTERFACE_STATUS, ({ status, evtchn }) => {
      this.log.push(`!${INTERFACE_STATUSES[status]}`);
      this.ports.push(evtchn);
    });
    this.device = new Device({
      wire,
      frontend: { domid: 1, peer: frontend.controller },
      backend: { domid: 2, peer: backend.controller },
      handle: 0,
      channels: machine.channels,
      fields: {
        create: { mac: '00:16:3e:00:00:01', beMac: '00:00:00:00:00:00' },
        connect: { bandwidth: 500 },
        status: () => ({ mac: '00:16:3e:00:00:01', bandwidth: 500, numPorts: 0 }),
      },
      settings: new Settings(),
      isFrontendUp: () => this.isFrontendUp,
      onError: (error) => this.errors.push(error),
    });
  }

  fire(event: DeviceEvent): Promise<void> {
    if (event === 'CONNECT') return this.device.fire('CONNECT', CONNECT);
    if (event === 'change') return this.device.set(vbd(1));
    if (event === 'backendUp') return this.device.backendUp();
    return event === 'attach' ? this.device.attach() : this.device.fire(event);
  }
}

const CONNECT = { name: 'any', shmemFrame: 7n, txShmemFrame: 7n, rxShmemFrame: 8n };
const vbd = (vdevice: number) => vbdSetting({ vdevice, pdevice: 0x801, devHandle: 0, readonly: false });
const RECIPES: Record<DeviceState, readonly DeviceEvent[]> = {
  ABSENT: [],
  DOWN: ['backendDown'],
  HELD: ['backendDown', 'CONNECT'],
  DISCONNECTED: ['attach'],
  CONNECTED: ['attach', 'CONNECT'],
};

async function begin(state: DeviceState, wire?: DeviceWire): Promise<World> {
  const world = new World(wire);
  for (const event of RECIPES[state]) await world.fire(event);
  expect(world.device.state).toBe(state);
  world.log.length = 0;
  return world;
}

// biome-ignore format: a table
const EVENTS: DeviceEvent[] = ['attach', 'change', 'destroy', 'UP', 'DOWN', 'CONNECT', 'DISCONNECT', 'frontendGone', 'backendUp', 'backendDown', 'refused', 'vanished', 'lost'];
/** State by event: the next state, the messages to the backend in order, and `!` with the status that the frontend gets. */
// biome-ignore format: a table
const EXPECTED: Record<DeviceState, readonly string[]> = {
  ABSENT: ['DISCONNECTED create !DISCONNECTED', 'ABSENT', 'ABSENT', 'ABSENT', 'ABSENT', 'ABSENT !CLOSED', 'ABSENT !CLOSED', 'ABSENT', 'ABSENT', 'DOWN !DISCONNECTED', 'ABSENT', 'ABSENT', 'ABSENT'],
  DOWN: ['DOWN', 'DOWN', 'ABSENT !CLOSED', 'DOWN !DISCONNECTED', 'DOWN', 'HELD', 'DOWN !DISCONNECTED', 'ABSENT', 'DISCONNECTED create !DISCONNECTED', 'DOWN', 'DOWN', 'DOWN', 'DOWN'],
  HELD: ['HELD', 'HELD', 'ABSENT !CLOSED', 'DOWN !DISCONNECTED', 'DOWN', 'HELD', 'DOWN !DISCONNECTED', 'ABSENT', 'CONNECTED create connect !CONNECTED', 'HELD', 'DISCONNECTED !DISCONNECTED', 'ABSENT !CLOSED', 'HELD'],
  DISCONNECTED: ['DISCONNECTED', 'DISCONNECTED change', 'ABSENT destroy !CLOSED', 'DISCONNECTED !DISCONNECTED', 'DISCONNECTED', 'CONNECTED connect !CONNECTED', 'DISCONNECTED !DISCONNECTED', 'ABSENT destroy', 'DISCONNECTED', 'DOWN', 'DISCONNECTED !DISCONNECTED', 'ABSENT !CLOSED', 'HELD'],
  CONNECTED: ['CONNECTED', 'CONNECTED change !CHANGED', 'ABSENT disconnect destroy !CLOSED', 'CONNECTED', 'DISCONNECTED disconnect', 'CONNECTED disconnect connect !CONNECTED', 'DISCONNECTED disconnect !DISCONNECTED', 'ABSENT disconnect destroy', 'CONNECTED', 'DOWN !DISCONNECTED', 'DISCONNECTED !DISCONNECTED', 'ABSENT !CLOSED', 'DOWN !DISCONNECTED'],
};
const ROWS = Object.entries(EXPECTED).flatMap(([state, row]) =>
  row.map((expected, i) => [state as DeviceState, EVENTS[i]!, expected] as const),
);

describe('the device', () => {
  it.each(ROWS)('%s: %s leads to %s', async (state, event, expected) => {
    const world = await begin(state);
    await world.fire(event);
    expect([world.device.state, ...world.log].join(' ')).toBe(expected);
    expect(machine.channels.open).toBe(world.device.state === 'CONNECTED' ? 1 : 0);
  });

  it.each(ROWS)('%s: %s sends no status to a frontend whose driver is DOWN', async (state, event) => {
    const world = await begin(state);
    world.isFrontendUp = false;
    await world.fire(event);
    expect(world.log.filter((line) => line.startsWith('!'))).toEqual([]);
  });

  it.each(['DISCONNECTED', 'HELD', 'CONNECTED'] as const)(
    'D6: sends DISCONNECTED, and never CONNECTED, for a CONNECT that the backend refuses when %s',
    async (state) => {
      for (const status of [1, 2, 4, 7, 9, 77]) {
        machine = new MockMachine();
        const world = await begin(state);
        world.answers.connect = status;
        const failed = world.fire(state === 'HELD' ? 'backendUp' : 'CONNECT');
        await expect(failed).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEVICE_REFUSED', field: 'status' });
        expect(world.log.filter((line) => line.startsWith('!'))).toEqual(['!DISCONNECTED']);
        expect([world.device.state, machine.channels.open]).toEqual(['DISCONNECTED', 0]);
      }
    },
  );

  it.each(['DISCONNECTED', 'HELD', 'CONNECTED'] as const)(
    'sends CLOSED for a CONNECT of an interface that the backend does not know, when %s',
    async (state) => {
      const world = await begin(state);
      world.answers.connect = 3;
      const failed = world.fire(state === 'HELD' ? 'backendUp' : 'CONNECT');
      await expect(failed).rejects.toMatchObject({ status: 'INTERFACE_NOT_FOUND' });
      expect(world.log.at(-1)).toBe('!CLOSED');
      expect([world.device.state, machine.channels.open]).toEqual(['ABSENT', 0]);
    },
  );

  it.each(['DISCONNECTED', 'HELD', 'CONNECTED'] as const)(
    'sends DISCONNECTED when no channel can be opened when %s, while the backend keeps the interface',
    async (state) => {
      const world = await begin(state);
      machine.channels.bind = () => {
        throw new Error('no port left');
      };
      await expect(world.fire(state === 'HELD' ? 'backendUp' : 'CONNECT')).rejects.toThrow('no port left');
      expect([world.device.state, world.log.at(-1), machine.channels.open]).toEqual([
        'DISCONNECTED',
        '!DISCONNECTED',
        0,
      ]);
      await world.fire('frontendGone');
      expect([world.device.state, world.log.at(-1)]).toEqual(['ABSENT', 'destroy']);
    },
  );

  it('holds a CONNECT whose backend dies meanwhile, and connects it to the next one', async () => {
    const world = await begin('DISCONNECTED');
    const connecting = world.fire('CONNECT');
    machine.kill(2);
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    expect([world.device.state, machine.channels.open, world.log]).toEqual(['HELD', 0, []]);
    const { guest, controller } = machine.domain(2);
    const connected: unknown[] = [];
    guest.receive(BLOCK.backend.CREATE, () => ({ status: 0 }));
    guest.receive(BLOCK.backend.CONNECT, ({ shmemFrame, evtchn }) => {
      connected.push([shmemFrame, evtchn > 0]);
      return { status: 0 };
    });
    world.device.moveTo({ domid: 2, peer: controller });
    await world.fire('backendUp');
    expect([world.device.state, world.log, connected]).toEqual(['CONNECTED', ['!CONNECTED'], [[7n, true]]]);
  });

  it.each(['DOWN', 'HELD'] as const)('stays %s when the backend comes UP and refuses CREATE', async (state) => {
    const world = await begin(state);
    world.answers.create = 7;
    await expect(world.fire('backendUp')).rejects.toMatchObject({ status: 'OUT_OF_MEMORY' });
    expect([world.device.state, world.log]).toEqual([state, ['create']]);
  });

  it('destroys the interface that it created when a setting is refused', async () => {
    const world = await begin('ABSENT');
    await world.fire('change');
    world.answers.change = 8;
    await expect(world.fire('attach')).rejects.toMatchObject({ status: 'PHYSDEV_NOT_FOUND' });
    expect([world.device.state, world.log]).toEqual(['ABSENT', ['create', 'change', 'destroy']]);
  });

  it('is attached without a refused setting when it is lasting, and removes that setting without a message', async () => {
    const world = await begin('ABSENT');
    await world.fire('change');
    world.answers.change = 8;
    await world.device.attach(true);
    expect([world.device.state, world.log]).toEqual(['DISCONNECTED', ['create', 'change', '!DISCONNECTED']]);
    const refusal = { code: 'ERR_CTRL_IF_DEVICE_REFUSED', status: 'PHYSDEV_NOT_FOUND' };
    expect([world.device.refusals.get('vbd 1'), world.device.problems, world.errors]).toMatchObject([
      refusal,
      [refusal],
      [],
    ]);
    world.log.length = 0;
    await world.device.unset(vbd(1));
    expect([world.log, world.device.settings.size, world.device.refusals.size]).toEqual([[], 0, 0]);
  });

  it.each(['DOWN', 'HELD', 'ABSENT'] as const)(
    'destroys an interface of an earlier CREATE at a backend when %s, and creates it again',
    async (state) => {
      const world = await begin(state);
      let tries = 0;
      Object.defineProperty(world.answers, 'create', { get: () => (tries++ === 0 ? 2 : 0) });
      await world.fire(state === 'ABSENT' ? 'attach' : 'backendUp');
      expect(world.device.state).toBe(state === 'HELD' ? 'CONNECTED' : 'DISCONNECTED');
      expect(world.log.slice(0, 4)).toEqual(['create', 'disconnect', 'destroy', 'create']);
    },
  );

  it('rejects with INTERFACE_EXISTS when the backend still has that interface after DESTROY', async () => {
    const world = await begin('ABSENT');
    world.answers.create = 2;
    await expect(world.fire('attach')).rejects.toMatchObject({ status: 'INTERFACE_EXISTS' });
    expect([world.device.state, world.log]).toEqual(['ABSENT', ['create', 'disconnect', 'destroy', 'create']]);
  });

  it('waits for the next UP of its backend when it is lasting and CREATE fails', async () => {
    const world = await begin('ABSENT');
    world.answers.create = 7;
    await world.device.attach(true);
    expect([world.device.state, world.device.problems]).toMatchObject(['DOWN', [{ status: 'OUT_OF_MEMORY' }]]);
    world.answers.create = 0;
    await world.fire('backendUp');
    expect([world.device.state, world.device.problems]).toEqual(['DISCONNECTED', []]);
  });

  it('keeps the state that a DOWN and UP of its backend led to meanwhile', async () => {
    const world = await begin('ABSENT');
    let tries = 0;
    Object.defineProperty(world.answers, 'create', { get: () => (tries++ === 0 ? 7 : 0) });
    await Promise.all([world.device.attach(true), world.fire('backendDown'), world.fire('backendUp')]);
    expect([world.device.state, world.device.problems]).toEqual(['DISCONNECTED', []]);
    expect(tries).toBe(2);
  });

  it.each(['DOWN', 'HELD'] as const)(
    'is created from %s without a refused setting, reports the refusal, and sends the setting again after the next CREATE',
    async (state) => {
      const world = await begin(state);
      await world.fire('change');
      world.answers.change = 8;
      await world.fire('backendUp');
      expect(world.device.state).toBe(state === 'HELD' ? 'CONNECTED' : 'DISCONNECTED');
      expect(world.errors).toMatchObject([{ status: 'PHYSDEV_NOT_FOUND' }]);
      expect([...world.device.refusals.keys()]).toEqual(['vbd 1']);
      world.answers.change = 0;
      await world.fire('backendDown');
      await world.fire('backendUp');
      expect([world.device.refusals.size, world.errors.length]).toEqual([0, 1]);
    },
  );

  it('is not created again without its limit', async () => {
    const world = await begin('DOWN', NETWORK);
    await world.device.set(creditSetting({ creditBytes: 1, periodUsec: 1 }));
    world.answers.change = 1;
    await expect(world.fire('backendUp')).rejects.toMatchObject({ status: 'ERROR' });
    expect([world.device.state, world.log]).toEqual(['DOWN', ['create', 'change', 'destroy']]);
  });

  it('sends settings again after every CREATE, but not those that were refused or removed', async () => {
    const world = await begin('DISCONNECTED');
    await world.fire('change');
    world.answers.change = 5;
    const second = world.device.set(vbd(2));
    await expect(second).rejects.toMatchObject({ status: 'VBD_EXISTS' });
    world.answers.change = 0;
    expect([...world.device.settings.keys()]).toEqual(['vbd 1']);
    await world.fire('backendDown');
    world.log.length = 0;
    await world.fire('backendUp');
    expect(world.log).toEqual(['create', 'change', '!DISCONNECTED']);
    await world.fire('backendDown');
    await world.device.unset(vbd(1));
    world.log.length = 0;
    await world.fire('backendUp');
    expect(world.log).toEqual(['create', '!DISCONNECTED']);
  });

  it('disconnects when the backend has no such interface, and stays when the backend answers ERROR', async () => {
    const world = await begin('CONNECTED');
    world.answers.disconnect = 1;
    await expect(world.fire('DISCONNECT')).rejects.toMatchObject({ status: 'ERROR' });
    // The pages may still be mapped, so no DISCONNECTED is sent (PROTOCOL.md 5.2 D7).
    expect([world.device.state, world.log]).toEqual(['CONNECTED', ['disconnect']]);
    world.answers.disconnect = 3;
    await world.fire('DISCONNECT');
    expect([world.device.state, world.log.at(-1)]).toEqual(['DISCONNECTED', '!DISCONNECTED']);
    expect(world.errors).toMatchObject([{ status: 'INTERFACE_NOT_FOUND' }]);
  });

  it('goes on when the frontend does not answer a status', async () => {
    const world = await begin('DISCONNECTED');
    machine.domain(1).guest.die();
    await world.fire('CONNECT');
    expect(world.device.state).toBe('CONNECTED');
    expect(world.errors).toMatchObject([{ code: 'ERR_CTRL_IF_PEER_DIED' }]);
  });

  it('opens a new channel for each connection, after the old one is closed', async () => {
    const world = await begin('CONNECTED');
    const { channels } = machine;
    const first = world.device.channel!;
    const bind = channels.bind.bind(channels);
    channels.bind = (a, b) => {
      // The old channel must be closed by now.
      expect(channels.open).toBe(0);
      return bind(a, b);
    };
    await world.fire('CONNECT');
    expect(world.device.channel).not.toBe(first);
    expect(channels.open).toBe(1);
    expect(world.device.statusFields()).toMatchObject({ status: 2, evtchn: world.device.channel!.portB, domid: 2 });
    expect(world.ports.at(-1)).toBe(world.device.channel!.portB);
  });

  it('does not answer CONNECTED while it is disconnecting', async () => {
    const world = await begin('CONNECTED');
    const { channels } = machine;
    let during: object = {};
    const close = channels.close.bind(channels);
    channels.close = (pair) => {
      during = world.device.statusFields();
      close(pair);
    };
    await world.fire('DISCONNECT');
    expect(during).toMatchObject({ status: 1, evtchn: 0 });
  });

  it('has a network backend destroy and create an interface that it disconnected (PROTOCOL.md 3.4)', async () => {
    const world = await begin('CONNECTED', NETWORK);
    await world.device.set(creditSetting({ creditBytes: 1, periodUsec: 1 }));
    expect(world.log).toEqual(['change']);
    await world.fire('CONNECT');
    expect(world.log).toEqual(['change', 'disconnect', 'destroy', 'create', 'change', 'connect', '!CONNECTED']);
    await world.fire('destroy');
    expect(world.log.slice(7)).toEqual(['disconnect', 'destroy', '!CLOSED']);
  });

  it('reports a change to a USB frontend by CONNECTED', async () => {
    const world = await begin('CONNECTED', USB);
    await world.device.set(portSetting({ path: '1-1', usbifPort: 0 }));
    await turn();
    expect(world.log).toEqual(['change', '!CONNECTED']);
  });
});

itReachesEveryCellOf(DEVICE);
