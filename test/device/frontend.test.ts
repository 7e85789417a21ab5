import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { BlockFrontend } from '../../lib/device/classes/block/frontend.ts';
import { BLOCK_FRONTEND } from '../../lib/device/classes/block/frontend-table.ts';
import { BLOCK } from '../../lib/device/classes/block/wire.ts';
import { NetworkFrontend } from '../../lib/device/classes/network/frontend.ts';
import { NETWORK_FRONTEND } from '../../lib/device/classes/network/frontend-table.ts';
import { NETWORK } from '../../lib/device/classes/network/wire.ts';
import { UsbFrontend } from '../../lib/device/classes/usb/frontend.ts';
import { USB_FRONTEND } from '../../lib/device/classes/usb/frontend-table.ts';
import { USB } from '../../lib/device/classes/usb/wire.ts';
import type { Frontend } from '../../lib/device/frontend/frontend.ts';
import { FRONTEND_EVENTS, type FrontendEvent, type FrontendState } from '../../lib/device/frontend/table.ts';
import { MockBackend } from '../../lib/testing/mock-backend.ts';
import { MockMachine } from '../../lib/testing/mock-machine.ts';
import { fieldsOf, frontendMessage, INTERFACE_STATUSES, type InterfaceStatus } from '../../lib/device/wire.ts';
import { itReachesEveryCellOf } from './cells.ts';

const CLASSES = {
  block: { wire: BLOCK, Frontend: BlockFrontend, frames: 1 },
  network: { wire: NETWORK, Frontend: NetworkFrontend, frames: 2 },
  usb: { wire: USB, Frontend: UsbFrontend, frames: 1 },
};
type ClassName = keyof typeof CLASSES;
const NOTICES = ['connected', 'disconnected', 'closed', 'changed', 'refused'] as const;

let machine: MockMachine;
beforeEach(() => {
  machine = new MockMachine();
});

/** A frontend whose controller sends statuses and answers as the test sets. */
class World {
  readonly log: string[] = [];
  readonly errors: unknown[] = [];
  readonly frontend: Frontend;
  readonly #which: ClassName;
  /** The CONNECTs and DISCONNECTs that are not answered. */
  readonly pending: (() => void)[] = [];

  constructor(which: ClassName) {
    this.#which = which;
    const { wire, Frontend } = CLASSES[which];
    this.frontend = new Frontend(machine.domain(1).frontend);
    for (const notice of NOTICES) this.frontend.on(notice, () => this.log.push(`!${notice}`));
    this.frontend.on('error', (error) => this.errors.push(error));
    const { controller } = machine.domain(1);
    controller.receive(wire.frontend.DRIVER_STATUS, () =>
      fieldsOf(wire, wire.frontend.DRIVER_STATUS, { maxHandle: 0 }),
    );
    if (wire.frontend.QUERY) controller.receive(wire.frontend.QUERY, () => ({ status: 0 }));
    const unanswered = (letter: string) => () => {
      this.log.push(letter);
      return new Promise<void>((resolve) => this.pending.push(resolve));
    };
    controller.receive(wire.frontend.CONNECT, unanswered('C'));
    controller.receive(wire.frontend.DISCONNECT, unanswered('D'));
  }

  get state(): FrontendState {
    return this.frontend.find()?.state ?? 'CLOSED';
  }

  async sendStatus(status: InterfaceStatus, fields: object = {}): Promise<void> {
    const { wire } = CLASSES[this.#which];
    const evtchn = status === 'CONNECTED' ? await this.#port() : 0;
    const said = {
      status: INTERFACE_STATUSES.indexOf(status),
      evtchn,
      domid: 2,
      mac: '00:16:3e:00:00:01',
      bandwidth: 500,
      numPorts: 3,
    };
    await machine.domain(1).controller.request(frontendMessage(wire, 'INTERFACE_STATUS', 0, { ...said, ...fields }));
  }

  /** The frontend's port of a new channel. */
  async #port(): Promise<number> {
    return (await machine.channels.bind(2, 1)).portB;
  }

  async answer(): Promise<void> {
    for (const resolve of this.pending.splice(0)) resolve();
    await turn();
  }

  async fire(event: FrontendEvent): Promise<void> {
    const found = this.frontend.find()!;
    const machine = found.machine as unknown as { fire(event: string, input: object): Promise<void> };
    if (event === 'connect') await this.frontend.connect();
    else if (event === 'disconnect') void this.frontend.disconnect().catch(() => {});
    else if (INTERFACE_STATUSES.includes(event as 'CLOSED')) await this.sendStatus(event as InterfaceStatus);
    else await machine.fire(event, { interface: found, message: { evtchn: await this.#port() } });
    await turn();
  }
}

async function begin(which: ClassName, state: FrontendState): Promise<World> {
  const world = new World(which);
  const started = world.frontend.start();
  await turn();
  // A USB frontend cannot query its interface, and sends DISCONNECT.
  await world.answer();
  await started;
  await world.sendStatus('DISCONNECTED');
  if (state === 'CLOSED') await world.sendStatus('CLOSED');
  if (['DENIED', 'REFUSED'].includes(state)) await world.sendStatus('DISCONNECTED');
  if (state === 'REFUSED') await world.answer();
  if (state === 'HELD') await world.answer();
  if (['CONNECTED', 'DISCONNECTING', 'IDLE'].includes(state)) await world.sendStatus('CONNECTED');
  if (['DISCONNECTING', 'IDLE'].includes(state)) await world.fire('disconnect');
  if (state === 'IDLE') await world.sendStatus('DISCONNECTED');
  expect(world.state).toBe(state);
  world.log.length = 0;
  return world;
}

/**
 * State by event: the next state; `C` and `D` if INTERFACE_CONNECT and INTERFACE_DISCONNECT are sent; `!` with the events that are emitted.
 * PROTOCOL.md 2.4, 2.7 and 2.10. The drivers of 2005 ignored some rules of the header. Here they hold.
 */
// biome-ignore format: a table
const EXPECTED: Record<FrontendState, readonly string[]> = {
  CLOSED: ['CLOSED', 'DISCONNECTED C', 'CLOSED D', 'CLOSED D', 'CLOSED', 'CLOSED', 'CLOSED', 'CLOSED', 'DISCONNECTED C', 'CLOSED', 'CLOSED', 'CLOSED'],
  DISCONNECTED: ['CLOSED !closed', 'DENIED', 'CONNECTED !connected', 'CONNECTED !connected', 'DISCONNECTED', 'HELD', 'HELD', 'CLOSED !refused', 'DISCONNECTED', 'DISCONNECTING D', 'DISCONNECTING', 'CLOSED !closed'],
  DENIED: ['CLOSED !closed', 'DENIED', 'CONNECTED !connected', 'CONNECTED !connected', 'DENIED', 'REFUSED D', 'DISCONNECTED C', 'CLOSED !refused', 'DENIED', 'DISCONNECTING D', 'DISCONNECTING', 'CLOSED !closed'],
  REFUSED: ['CLOSED !closed', 'CLOSED !refused', 'REFUSED', 'REFUSED', 'REFUSED', 'REFUSED', 'REFUSED', 'REFUSED', 'REFUSED', 'DISCONNECTING', 'DISCONNECTING', 'CLOSED !closed'],
  HELD: ['CLOSED !closed', 'DISCONNECTED C', 'CONNECTED !connected', 'CONNECTED !connected', 'HELD', 'HELD', 'HELD', 'HELD', 'HELD', 'DISCONNECTING D', 'DISCONNECTING', 'CLOSED !closed'],
  CONNECTED: ['CLOSED !closed', 'DISCONNECTED !disconnected C', 'CONNECTED !disconnected !connected', 'CONNECTED', 'CONNECTED !changed', 'CONNECTED', 'CONNECTED', 'CONNECTED', 'CONNECTED', 'DISCONNECTING D', 'DISCONNECTING', 'CLOSED !closed'],
  DISCONNECTING: ['CLOSED !closed', 'IDLE !disconnected', 'DISCONNECTING', 'DISCONNECTING', 'DISCONNECTING', 'DISCONNECTING', 'DISCONNECTING', 'DISCONNECTING', 'rejected', 'DISCONNECTING D', 'DISCONNECTING', 'CLOSED !closed'],
  IDLE: ['CLOSED !closed', 'IDLE', 'IDLE D', 'IDLE D', 'IDLE', 'IDLE', 'IDLE', 'IDLE', 'DISCONNECTED C', 'IDLE', 'IDLE', 'CLOSED !closed'],
};
/** The cells in which a class differs. */
const DIFFERENT: Record<string, string> = {
  'network CONNECTED CHANGED': 'CONNECTED',
  'usb CONNECTED repeated': 'CONNECTED !changed',
  'usb CONNECTED CHANGED': 'CONNECTED',
};
const ROWS = Object.entries(EXPECTED).flatMap(([state, row]) =>
  row.map((expected, i) => [state as FrontendState, FRONTEND_EVENTS[i]!, expected] as const),
);

describe.each(['block', 'network', 'usb'] as const)('the %s frontend', (which) => {
  it.each(ROWS)('%s: %s leads to %s', async (state, event, common) => {
    const expected = DIFFERENT[`${which} ${state} ${event}`] ?? common;
    const world = await begin(which, state);
    if (expected === 'rejected') {
      await expect(world.fire(event)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEVICE_STATE' });
      expect(world.state).toBe(state);
      return;
    }
    await world.fire(event);
    const [next, ...log] = expected.split(' ');
    expect(world.state).toBe(next);
    expect(world.log.sort()).toEqual(log.sort());
    // Pages are allocated exactly while the backend may use them.
    const pages = next === 'CLOSED' || next === 'IDLE' ? 0 : CLASSES[which].frames;
    expect(machine.memory.allocated).toBe(pages);
  });

  it('connects, shares pages, and connects again after DISCONNECTED', async () => {
    const { wire, Frontend, frames } = CLASSES[which];
    const backend = new MockBackend(machine, wire);
    const frontend = new Frontend(machine.domain(1).frontend);
    const events: string[] = [];
    for (const notice of [...NOTICES, 'notified'] as const) frontend.on(notice, () => events.push(notice));
    await frontend.start();
    const found = frontend.find()!;
    while (found.state !== 'CONNECTED') await turn();
    expect(found.backend).toBe(2);
    expect(found.frames).toHaveLength(frames);
    found.frames.at(-1)!.store32(8, 99);
    expect(backend.pages.at(-1)!.load32(8)).toBe(99);
    found.notify();
    backend.notify();
    await turn();
    expect(backend.notified).toBe(1);

    await backend.sendStatus('DISCONNECTED');
    while (found.state !== 'CONNECTED') await turn();
    expect(found.frames.at(-1)!.load32(8)).toBe(0);
    await frontend.disconnect();
    expect([found.state, machine.memory.allocated, machine.channels.open]).toEqual(['IDLE', 0, 0]);
    expect(() => found.frames).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_DEVICE_STATE' }));
    found.notify();
    await frontend.connect();
    while (found.state !== 'CONNECTED') await turn();
    await frontend.stop();
    expect([found.state, machine.memory.allocated, machine.memory.mapped]).toEqual(['CLOSED', 0, 0]);
    expect(events).toEqual([
      'connected',
      'notified',
      'disconnected',
      'connected',
      'disconnected',
      'connected',
      'closed',
    ]);
    expect(machine.domain(1).guest.failures).toEqual([]);
    await expect(frontend.connect()).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEVICE_STATE' });
  });

  it('does not ask again in a loop when it is refused, and waits while it is held', async () => {
    const { wire, Frontend } = CLASSES[which];
    const backend = new MockBackend(machine, wire, { onConnect: 'refuse' });
    const frontend = new Frontend(machine.domain(1).frontend);
    let refusals = 0;
    frontend.on('refused', () => refusals++);
    await frontend.start();
    while (refusals === 0) await turn();
    expect([frontend.find()!.state, machine.memory.allocated]).toEqual(['CLOSED', 0]);
    expect(backend.received.filter((name) => name === wire.frontend.CONNECT)).toHaveLength(1);
    backend.onConnect = 'hold';
    await frontend.connect();
    while (frontend.find()!.state !== 'HELD') await turn();
    backend.onConnect = 'accept';
    await backend.sendStatus('DISCONNECTED');
    while (frontend.find()!.state !== 'CONNECTED') await turn();
    expect(refusals).toBe(1);
  });

  it('grants new pages when another backend was named during its CONNECT', async () => {
    const world = await begin(which, 'DISCONNECTED');
    await world.sendStatus('DISCONNECTED', { domid: 3 });
    expect(world.state).toBe('DENIED');
    await world.answer();
    expect([world.state, ...world.log]).toEqual(['DISCONNECTED', 'C']);
    // The pages are granted to the backend that was named last, so DISCONNECT is sent now.
    await world.sendStatus('DISCONNECTED', { domid: 3 });
    await world.answer();
    expect([world.state, ...world.log]).toEqual(['REFUSED', 'C', 'D']);
    await world.sendStatus('DISCONNECTED', { domid: 3 });
    expect([world.state, ...world.log]).toEqual(['CLOSED', 'C', 'D', '!refused']);
  });

  it('frees its pages and emits refused when its CONNECT fails', async () => {
    const { wire, Frontend } = CLASSES[which];
    const { controller } = machine.domain(1);
    controller.receive(wire.frontend.DRIVER_STATUS, () =>
      fieldsOf(wire, wire.frontend.DRIVER_STATUS, { maxHandle: 0 }),
    );
    controller.receive(wire.frontend.DISCONNECT, () => {});
    if (wire.frontend.QUERY) controller.receive(wire.frontend.QUERY, () => ({ status: 1, domid: 2 }));
    const frontend = new Frontend(machine.domain(1).frontend);
    const errors: unknown[] = [];
    const refused = new Promise((resolve) => frontend.on('refused', resolve));
    frontend.on('error', (error) => errors.push(error));
    await frontend.start();
    if (!wire.frontend.QUERY) {
      await controller.request(
        frontendMessage(wire, 'INTERFACE_STATUS', 0, { status: 1, evtchn: 0, domid: 2, bandwidth: 0, numPorts: 0 }),
      );
    }
    await refused;
    expect(errors).toMatchObject([{ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' }]);
    expect(machine.memory.allocated).toBe(0);
  });

  it('rejects disconnect() and keeps the pages when the controller does not disconnect it', async () => {
    const world = await begin(which, 'CONNECTED');
    const disconnected = world.frontend.disconnect();
    const refused = expect(disconnected).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEVICE_REFUSED' });
    await turn();
    await world.answer();
    await refused;
    expect([world.state, machine.memory.allocated]).toEqual(['DISCONNECTING', CLASSES[which].frames]);
  });

  it('grants no pages while it goes DOWN, and frees all pages when its controller has died', async () => {
    const world = await begin(which, 'CLOSED');
    const stopped = world.frontend.stop();
    await world.sendStatus('DISCONNECTED').catch(() => {});
    await stopped;
    expect(world.log).toEqual([]);

    machine = new MockMachine();
    const other = await begin(which, 'CONNECTED');
    machine.domain(1).controller.die();
    await expect(other.frontend.stop()).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    expect([other.state, machine.memory.allocated]).toEqual(['CLOSED', 0]);
    expect(other.errors).toMatchObject([{ code: 'ERR_CTRL_IF_PEER_DIED' }]);
  });

  it('ignores unknown statuses, and statuses of interfaces that do not exist', async () => {
    const world = await begin(which, 'CONNECTED');
    await world.sendStatus('CONNECTED', { status: 9 });
    expect(world.state).toBe('CONNECTED');
    if (which === 'usb') return;
    await world.sendStatus('CLOSED', { handle: 5 });
    await world.sendStatus('CHANGED', { handle: 5 });
    expect(world.frontend.interfaces.map(({ handle }) => handle)).toEqual([0]);
    await world.sendStatus('DISCONNECTED', { handle: 5 });
    expect(world.frontend.interfaces.map(({ handle }) => handle)).toEqual([0, 5]);
  });
});

describe('the other fields of a status', () => {
  it('are the address for the network, bandwidth and ports for USB', async () => {
    const network = await begin('network', 'CONNECTED');
    expect(network.frontend.find()).toMatchObject({ mac: '00:16:3e:00:00:01' });
    machine = new MockMachine();
    const usb = await begin('usb', 'CONNECTED');
    expect(usb.frontend.find()).toMatchObject({ bandwidth: 500, numPorts: 3 });
    await usb.sendStatus('CONNECTED', { numPorts: 4 });
    expect(usb.frontend.find()).toMatchObject({ numPorts: 4 });
  });

  it.each(['block', 'network', 'usb'] as const)(
    'have a port: after a second CONNECTED a %s frontend binds the new channel, even at the same port',
    async (which) => {
      const world = await begin(which, 'CONNECTED');
      let notified = 0;
      world.frontend.on('notified', () => notified++);
      const { portA, portB } = await machine.channels.bind(2, 1);
      await world.sendStatus('CONNECTED', { evtchn: portB });
      expect(world.log).toEqual(['!disconnected', '!connected']);
      const backend = machine.channels.of(2).bind(portA, () => {});
      backend.notify();
      await turn();
      expect(notified).toBe(1);
      await world.sendStatus('CONNECTED', { evtchn: portB });
      expect(world.log.slice(2)).toEqual(which === 'usb' ? ['!changed'] : []);

      machine.channels.close({ portA, portB });
      expect(await machine.channels.bind(2, 1)).toEqual({ portA, portB });
      await world.sendStatus('CONNECTED', { evtchn: portB });
      expect(world.log.slice(-2)).toEqual(['!disconnected', '!connected']);
      machine.channels
        .of(2)
        .bind(portA, () => {})
        .notify();
      await turn();
      expect(notified).toBe(2);
    },
  );
});

describe('at its start', () => {
  it.each(['block', 'network'] as const)(
    'a %s frontend queries the interfaces without a status, and disconnects a connection that is not its own',
    async (which) => {
      const { wire, Frontend } = CLASSES[which];
      const { controller } = machine.domain(1);
      const log: string[] = [];
      const statuses = ['CONNECTED', 'DISCONNECTED', 'CLOSED'] as const;
      controller.receive(wire.frontend.DRIVER_STATUS, () => ({ maxHandle: 2 }));
      controller.receive(wire.frontend.QUERY!, ({ handle }) => {
        log.push(`query ${handle}`);
        return { status: INTERFACE_STATUSES.indexOf(statuses[handle]!), domid: 2, evtchn: 0 };
      });
      controller.receive(wire.frontend.CONNECT, ({ handle }) => void log.push(`connect ${handle}`));
      controller.receive(wire.frontend.DISCONNECT, async ({ handle }) => {
        log.push(`disconnect ${handle}`);
        const mac = '00:00:00:00:00:00';
        await controller.request(
          frontendMessage(wire, 'INTERFACE_STATUS', handle, { status: 1, evtchn: 0, domid: 2, mac }),
        );
      });
      const frontend = new Frontend(machine.domain(1).frontend);
      await frontend.start();
      while (frontend.interfaces.some(({ state }) => state !== 'HELD')) await turn();
      expect(log.sort()).toEqual(['connect 0', 'connect 1', 'disconnect 0', 'query 0', 'query 1', 'query 2']);
      expect(frontend.interfaces.map(({ handle }) => handle)).toEqual([0, 1]);
    },
  );
});

itReachesEveryCellOf(BLOCK_FRONTEND, NETWORK_FRONTEND, USB_FRONTEND);
