import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackendCall } from '../../lib/device/backend/backend.ts';
import { BackendInterface } from '../../lib/device/backend/interface.ts';
import type { BackendEvent, BackendState } from '../../lib/device/backend/table.ts';
import { BlockBackend, BlockBackendInterface } from '../../lib/device/classes/block/backend.ts';
import { BLOCK_BACKEND } from '../../lib/device/classes/block/backend-table.ts';
import type { Vbd } from '../../lib/device/classes/block/vbd.ts';
import { BLOCK } from '../../lib/device/classes/block/wire.ts';
import { NetworkBackend, NetworkBackendInterface } from '../../lib/device/classes/network/backend.ts';
import { NETWORK_BACKEND } from '../../lib/device/classes/network/backend-table.ts';
import { NETWORK } from '../../lib/device/classes/network/wire.ts';
import { UsbBackend } from '../../lib/device/classes/usb/backend.ts';
import { USB_BACKEND } from '../../lib/device/classes/usb/backend-table.ts';
import { USB } from '../../lib/device/classes/usb/wire.ts';
import { systemClock } from '../../lib/device/clock.ts';
import { MockFrontend } from '../../lib/testing/mock-frontend.ts';
import { MockMachine } from '../../lib/testing/mock-machine.ts';
import { itReachesEveryCellOf } from './cells.ts';

/** Logs the calls of hooks. A test sets the hook that fails. */
class Log {
  readonly lines: string[] = [];
  failing = '';
  hook(line: string): void {
    this.lines.push(line);
    if (this.failing && line.startsWith(this.failing)) throw new Error(`${this.failing} failed`);
  }
}

class Disks extends BlockBackend {
  readonly log = new Log();
  override onCreate = () => this.log.hook('create');
  override onConnect = () => this.log.hook('connect');
  override onNotify = () => this.log.hook('notify');
  override onDisconnect = () => this.log.hook('disconnect');
  override onVbdCreate = (_: unknown, vbd: Vbd) => this.log.hook(`open ${vbd.vdevice} ${vbd.readonly ? 'ro' : 'rw'}`);
  override onVbdDestroy = (_: unknown, { vdevice }: Vbd) => this.log.hook(`close ${vdevice}`);
  poke = (event: BackendEvent, call: BackendCall<BlockBackendInterface>) => this.fire(event, call);
}
class Nets extends NetworkBackend {
  readonly log = new Log();
  override onCreate = () => this.log.hook('create');
  override onConnect = () => this.log.hook('connect');
  poke = (event: BackendEvent, call: BackendCall<NetworkBackendInterface>) => this.fire(event, call);
}
class Usbs extends UsbBackend {
  readonly log = new Log();
  override onCreate = () => this.log.hook('create');
  override onConnect = () => this.log.hook('connect');
  poke = (event: BackendEvent, call: BackendCall<BackendInterface>) => this.fire(event, call);
}

const id = { domid: 1, handle: 0 };
const CLASSES = {
  block: {
    wire: BLOCK,
    make: (machine: MockMachine) => new Disks(machine.domain(2).backend, { maxInterfaces: 2, maxVbds: 2 }),
    absent: () => new BlockBackendInterface(id),
  },
  network: {
    wire: NETWORK,
    make: (machine: MockMachine) => new Nets(machine.domain(2).backend, { maxInterfaces: 2 }),
    absent: () => new NetworkBackendInterface(id, { name: '' }, systemClock),
  },
  usb: {
    wire: USB,
    make: (machine: MockMachine) => new Usbs(machine.domain(2).backend, { maxInterfaces: 2, maxPorts: 2 }),
    absent: () => new BackendInterface(id),
  },
};
type ClassName = keyof typeof CLASSES;

let machine: MockMachine;
beforeEach(() => {
  machine = new MockMachine();
});
// No receiver of the backend may have failed in any test.
afterEach(() => expect(machine.domain(2).guest.failures).toEqual([]));

interface World {
  backend: Disks | Nets | Usbs;
  frontend: MockFrontend;
  /** Ends the last use of the pages. */
  release(): void;
  state(): BackendState;
  /** The answer to the DISCONNECT that led to DISCONNECTING. */
  leaving?: Promise<string>;
}

async function begin(which: ClassName, state: BackendState = 'ABSENT'): Promise<World> {
  const { wire, make } = CLASSES[which];
  const backend = make(machine);
  const frontend = new MockFrontend(machine, wire);
  await backend.start();
  expect(frontend.driverStatus).toBe(1);
  const world: World = { backend, frontend, release() {}, state: () => backend.find(1)?.state ?? 'ABSENT' };
  if (state === 'ABSENT') return world;
  expect(await frontend.create()).toBe('OKAY');
  if (state === 'DISCONNECTED') return world;
  expect(await frontend.connect()).toBe('OKAY');
  world.release = backend.find(1)!.hold();
  if (state === 'CONNECTED') return world;
  world.leaving = frontend.disconnect();
  while (world.state() !== 'DISCONNECTING') await turn();
  return world;
}

/** PROTOCOL.md 2.3, 2.6, 2.9 and 2.16: state, event, status of the answer ('-': none now), next state. */
const COMMON: [BackendState, BackendEvent, string, BackendState][] = [
  ['ABSENT', 'CREATE', 'OKAY', 'DISCONNECTED'],
  ['ABSENT', 'DESTROY', 'INTERFACE_NOT_FOUND', 'ABSENT'],
  ['ABSENT', 'CONNECT', 'INTERFACE_NOT_FOUND', 'ABSENT'],
  ['ABSENT', 'DISCONNECT', 'INTERFACE_NOT_FOUND', 'ABSENT'],
  ['DISCONNECTED', 'CREATE', 'INTERFACE_EXISTS', 'DISCONNECTED'],
  ['DISCONNECTED', 'DESTROY', 'OKAY', 'ABSENT'],
  ['DISCONNECTED', 'CONNECT', 'OKAY', 'CONNECTED'],
  ['DISCONNECTED', 'DISCONNECT', 'OKAY', 'DISCONNECTED'],
  ['CONNECTED', 'CREATE', 'INTERFACE_EXISTS', 'CONNECTED'],
  ['CONNECTED', 'DESTROY', 'INTERFACE_CONNECTED', 'CONNECTED'],
  ['CONNECTED', 'CONNECT', 'INTERFACE_CONNECTED', 'CONNECTED'],
  ['CONNECTED', 'DISCONNECT', '-', 'DISCONNECTING'],
  ['DISCONNECTING', 'CREATE', 'INTERFACE_EXISTS', 'DISCONNECTING'],
  ['DISCONNECTING', 'DESTROY', 'INTERFACE_CONNECTED', 'DISCONNECTING'],
  ['DISCONNECTING', 'CONNECT', 'INTERFACE_CONNECTED', 'DISCONNECTING'],
  ['DISCONNECTING', 'DISCONNECT', '-', 'DISCONNECTING'],
];

/** The backend's own events, and the state afterwards. `released` only happens in the state of its first row. */
const OWN: [BackendState, BackendEvent, BackendState][] = [
  ['DISCONNECTING', 'released', 'DISCONNECTED'],
  ['ABSENT', 'released', 'ABSENT'],
  ['DISCONNECTED', 'released', 'DISCONNECTED'],
  ['CONNECTED', 'released', 'CONNECTED'],
  ['ABSENT', 'stop', 'ABSENT'],
  ['DISCONNECTED', 'stop', 'ABSENT'],
  ['CONNECTED', 'stop', 'DISCONNECTING'],
  ['DISCONNECTING', 'stop', 'DISCONNECTING'],
];

describe.each(['block', 'network', 'usb'] as const)('the %s backend', (which) => {
  const ask = ({ frontend }: World, event: string): Promise<string> => {
    if (event === 'CONNECT') return frontend.connect();
    return frontend.ask(CLASSES[which].wire.backend[event as 'CREATE']);
  };

  it.each(COMMON)('%s: %s is answered %s and leads to %s', async (state, event, status, next) => {
    const world = await begin(which, state);
    const answer = ask(world, event);
    let answered: string | undefined;
    void answer.then((value) => {
      answered = value;
    });
    await turn();
    expect(answered ?? '-').toBe(status);
    expect(world.state()).toBe(next);
    if (status !== '-') return;
    world.release();
    // Both DISCONNECTs are answered when the pages are unused (PROTOCOL.md 5.2 D9).
    expect(await answer).toBe('OKAY');
    if (world.leaving) expect(await world.leaving).toBe('OKAY');
    expect(world.state()).toBe('DISCONNECTED');
    expect(machine.memory.mapped).toBe(0);
  });

  it.each(OWN)('%s: %s leads to %s', async (state, event, next) => {
    const world = await begin(which, state);
    const found = world.backend.find(1) ?? CLASSES[which].absent();
    await world.backend.poke(event, { interface: found as never, message: { name: event } });
    expect(world.state()).toBe(next);
    if (event === 'released' && state === 'DISCONNECTING') expect(await world.leaving).toBe('OKAY');
  });

  it('answers CREATE with OUT_OF_MEMORY rather than INTERFACE_EXISTS when both apply', async () => {
    const { frontend } = await begin(which, 'DISCONNECTED');
    await new MockFrontend(machine, CLASSES[which].wire, { domid: 3 }).create();
    expect(await new MockFrontend(machine, CLASSES[which].wire, { domid: 4 }).create()).toBe('OUT_OF_MEMORY');
    expect(await frontend.create()).toBe('OUT_OF_MEMORY');
  });

  it('has no interface after a CREATE whose onCreate failed', async () => {
    const { backend, frontend, state } = await begin(which);
    backend.log.failing = 'create';
    expect(await frontend.create()).toBe('OUT_OF_MEMORY');
    expect(state()).toBe('ABSENT');
    expect(await frontend.destroy()).toBe('INTERFACE_NOT_FOUND');
  });

  it('answers CONNECT with a status for no memory, a bad frame and a failed hook, and keeps no page', async () => {
    const { backend, frontend, state } = await begin(which, 'DISCONNECTED');
    machine.memory.capacity = 0;
    expect(await frontend.connect()).toBe('OUT_OF_MEMORY');
    machine.memory.capacity = 10;
    const bad = Object.fromEntries(CLASSES[which].wire.frameFields.map((field) => [field, 0xffffn]));
    expect(await frontend.connect(bad)).toBe('MAPPING_ERROR');
    const wide = Object.fromEntries(CLASSES[which].wire.frameFields.map((field) => [field, 2n ** 63n]));
    expect(await frontend.connect(wide)).toBe('MAPPING_ERROR');
    expect(await frontend.connect({ evtchn: 999 })).toBe('ERROR');
    backend.log.failing = 'connect';
    expect(await frontend.connect()).toBe('ERROR');
    backend.log.failing = '';
    expect(state()).toBe('DISCONNECTED');
    expect(machine.memory.mapped).toBe(0);
    expect(machine.channels.open).toBe(0);
    expect(await frontend.connect()).toBe('OKAY');
  });

  it.each(['CONNECTED', 'DISCONNECTING'] as const)(
    'checks the frames of a CONNECT before its state when %s, except for the network',
    async (state) => {
      const { frontend, leaving, release } = await begin(which, state);
      const bad = Object.fromEntries(CLASSES[which].wire.frameFields.map((field) => [field, 0xffffn]));
      const mapped = machine.memory.mapped;
      expect(await frontend.connect(bad)).toBe(which === 'network' ? 'INTERFACE_CONNECTED' : 'MAPPING_ERROR');
      expect(machine.memory.mapped).toBe(mapped);
      release();
      await leaving;
    },
  );

  it('reports DOWN when every page is unmapped, and understands no message afterwards', async () => {
    const { backend, frontend, release } = await begin(which, 'CONNECTED');
    const other = new MockFrontend(machine, CLASSES[which].wire, { domid: 3 });
    await other.create();
    const stopped = backend.stop();
    await turn();
    expect(frontend.driverStatus).toBe(1);
    release();
    await stopped;
    expect(frontend.driverStatus).toBe(0);
    expect(machine.memory.mapped).toBe(0);
    expect(backend.interfaces).toEqual([]);
    await expect(frontend.create()).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
    await backend.start();
    expect(await frontend.create()).toBe('OKAY');
  });

  it('shares pages and notifications while connected', async () => {
    const { backend, frontend, release } = await begin(which, 'CONNECTED');
    const found = backend.find(1)!;
    frontend.pages[0]!.store32(8, 42);
    expect(found.frames.map((frame) => frame.load32(8))).toEqual(which === 'network' ? [42, 0] : [42]);
    const before = frontend.notified;
    found.notify();
    found.notify();
    await turn();
    expect(frontend.notified).toBe(before + 1);
    release();
    expect(await frontend.disconnect()).toBe('OKAY');
    expect(() => found.frames).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_DEVICE_STATE' }));
    expect(() => found.hold()).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_DEVICE_STATE' }));
    found.notify();
    expect(await frontend.connect()).toBe('OKAY');
  });
});

describe('a network CONNECT', () => {
  it('is answered ERROR when one frame is bad and there is no memory for the other', async () => {
    const { frontend } = await begin('network', 'DISCONNECTED');
    machine.memory.capacity = 0;
    expect(await frontend.connect({ txShmemFrame: 0xffffn })).toBe('ERROR');
    machine.memory.capacity = 1;
    expect(await frontend.connect({ txShmemFrame: 0xffffn })).toBe('MAPPING_ERROR');
    expect(machine.memory.mapped).toBe(0);
  });
});

const VBD = { vdevice: 3, pdevice: 0x0801, devHandle: 0, readonly: 0 };
describe.each(['ABSENT', 'DISCONNECTED', 'CONNECTED', 'DISCONNECTING'] as const)(
  'the VBDs of a block interface that is %s',
  (state) => {
    it('are created and destroyed, with the checks in order', async () => {
      const { backend, frontend, state: now, release, leaving } = await begin('block', state);
      const create = (fields: object) => frontend.ask('BLKIF_BE_VBD_CREATE', { ...VBD, ...fields });
      const destroy = (vdevice: number) => frontend.ask('BLKIF_BE_VBD_DESTROY', { vdevice });
      const { log } = backend as Disks;
      if (state === 'ABSENT') {
        expect(await create({})).toBe('INTERFACE_NOT_FOUND');
        expect(await destroy(3)).toBe('INTERFACE_NOT_FOUND');
        return;
      }
      log.lines.length = 0;
      expect(await destroy(3)).toBe('VBD_NOT_FOUND');
      expect(await create({ readonly: 0x100 })).toBe('OKAY');
      expect(await create({})).toBe('VBD_EXISTS');
      log.failing = 'open 4';
      expect(await create({ vdevice: 4 })).toBe('PHYSDEV_NOT_FOUND');
      expect(await create({ vdevice: 5 })).toBe('OKAY');
      // The interface is full. That is checked after the vdevice and before the physical device.
      expect(await create({ vdevice: 4 })).toBe('OUT_OF_MEMORY');
      expect(await create({ vdevice: 5 })).toBe('VBD_EXISTS');
      expect(await destroy(3)).toBe('OKAY');
      expect(await destroy(3)).toBe('VBD_NOT_FOUND');
      expect([...(backend as Disks).find(1)!.vbds.keys()]).toEqual([5]);
      expect(now()).toBe(state);
      release();
      await leaving;
      if (now() === 'CONNECTED') await frontend.disconnect();
      expect(await frontend.destroy()).toBe('OKAY');
      expect(log.lines.filter((line) => /open|close/.test(line))).toEqual([
        'open 3 ro',
        'open 4 rw',
        'open 5 rw',
        'close 3',
        'close 5',
      ]);
    });
  },
);

describe.each(['ABSENT', 'DISCONNECTED', 'CONNECTED', 'DISCONNECTING'] as const)(
  'CREDITLIMIT for a network interface that is %s',
  (state) => {
    it('sets the limit of the interface if it exists', async () => {
      const { backend, frontend, release } = await begin('network', state);
      const answer = await frontend.ask('NETIF_BE_CREDITLIMIT', { creditBytes: 1500, periodUsec: 1000 });
      expect(answer).toBe(state === 'ABSENT' ? 'INTERFACE_NOT_FOUND' : 'OKAY');
      release();
      const found = (backend as Nets).find(1);
      if (state !== 'ABSENT') expect(found!.credit.limit).toEqual({ creditBytes: 1500, periodUsec: 1000 });
    });
  },
);

describe('a network interface', () => {
  it('has the addresses of its CREATE, or the default address of the backend', async () => {
    const { backend, frontend } = await begin('network');
    await frontend.create({ mac: '00:16:3e:00:00:01' });
    expect((backend as Nets).find(1)).toMatchObject({ mac: '00:16:3e:00:00:01', beMac: 'fe:ff:ff:ff:ff:ff' });
    const other = new MockFrontend(machine, NETWORK, { handle: 1 });
    await other.create({ beMac: '00:16:3e:00:00:02' });
    expect((backend as Nets).find(1, 1)).toMatchObject({ mac: '00:00:00:00:00:00', beMac: '00:16:3e:00:00:02' });
  });

  it('H24: answers DISCONNECT while packets wait for credit', async () => {
    const { backend, frontend, release } = await begin('network', 'CONNECTED');
    await frontend.ask('NETIF_BE_CREDITLIMIT', { creditBytes: 0, periodUsec: 1000 });
    const waiting = (backend as Nets).find(1)!.credit.admit(100);
    release();
    const refused = expect(waiting).rejects.toMatchObject({ code: 'ERR_CTRL_IF_CLOSED' });
    expect(await frontend.disconnect()).toBe('OKAY');
    await refused;
  });
});

const PORT = { path: '1-1.2', usbifPort: 0 };
describe.each(['ABSENT', 'DISCONNECTED', 'CONNECTED', 'DISCONNECTING'] as const)(
  'CLAIM_PORT for a USB interface that is %s',
  (state) => {
    it('is refused when the path or the port number is taken', async () => {
      const { backend, frontend, release, leaving } = await begin('usb', state);
      const claim = (fields: object, by = frontend) => by.ask('USBIF_BE_CLAIM_PORT', { ...PORT, ...fields });
      const usb = backend as Usbs;
      if (state === 'ABSENT') {
        expect(await claim({})).toBe('INTERFACE_NOT_FOUND');
        expect(usb.portsOf(1)).toEqual([]);
        return;
      }
      const other = new MockFrontend(machine, USB, { domid: 3 });
      await other.create();
      expect(await claim({})).toBe('OKAY');
      expect(await claim({})).toBe('ERROR');
      expect(await claim({ usbifPort: 1 }, other)).toBe('ERROR');
      expect(await claim({ path: '1-2' })).toBe('ERROR');
      expect(await claim({ path: '1-2' }, other)).toBe('OKAY');
      expect(await claim({ path: '1-3', usbifPort: 1 })).toBe('OUT_OF_MEMORY');
      expect(usb.portsOf(1).map(({ path, owner }) => [path, owner])).toEqual([['1-1.2', { domid: 1, number: 0 }]]);
      release();
      await leaving;
      if (usb.find(1)!.state === 'CONNECTED') await frontend.disconnect();
      await frontend.destroy();
      expect(usb.portsOf(1)).toEqual([]);
      expect(usb.portsOf(3).map(({ path }) => path)).toEqual(['1-2']);
    });
  },
);

describe('a block backend', () => {
  it('is notified only until DISCONNECT, and keeps the pages mapped until their last user is done', async () => {
    const { backend, frontend, release } = await begin('block', 'CONNECTED');
    const { log } = backend as Disks;
    log.lines.length = 0;
    frontend.notify();
    await turn();
    const leaving = frontend.disconnect();
    await turn();
    // This notification is dropped, and the answer waits for the last user of the page.
    frontend.notify();
    await turn();
    expect(log.lines).toEqual(['notify', 'disconnect']);
    expect(machine.memory.mapped).toBe(1);
    release();
    release();
    expect(await leaving).toBe('OKAY');
    expect(machine.memory.mapped).toBe(0);
  });

  it('waits for the promise of onDisconnect, and emits the errors of hooks that answer no request', async () => {
    const { backend, frontend, release } = await begin('block', 'CONNECTED');
    release();
    const errors: unknown[] = [];
    backend.on('error', (error) => errors.push((error as Error).message));
    let finish = () => {};
    (backend as BlockBackend).onDisconnect = () =>
      new Promise((_, reject) => {
        finish = () => reject(new Error('flush failed'));
      });
    (backend as Disks).log.failing = 'notify';
    frontend.notify();
    await turn();
    const leaving = frontend.disconnect();
    await turn();
    expect(machine.memory.mapped).toBe(1);
    finish();
    expect(await leaving).toBe('OKAY');
    expect(errors).toEqual(['notify failed', 'flush failed']);
  });

  it('has several interfaces of one domain, which differ by handle', async () => {
    const { backend, frontend } = await begin('block', 'DISCONNECTED');
    const second = new MockFrontend(machine, BLOCK, { handle: 1 });
    expect(await second.create()).toBe('OKAY');
    expect(await second.connect()).toBe('OKAY');
    expect(backend.interfaces.map(({ handle, state }) => [handle, state])).toEqual([
      [0, 'DISCONNECTED'],
      [1, 'CONNECTED'],
    ]);
    expect(await frontend.destroy()).toBe('OKAY');
    expect(second.pages[0]!.frame).toBe(backend.find(1, 1)!.frames[0]!.frame);
  });
});

itReachesEveryCellOf(BLOCK_BACKEND, NETWORK_BACKEND, USB_BACKEND);
