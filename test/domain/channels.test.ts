/** Channels between domains that are all in this process: the permissions, and the reports to both ends. */
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type EventChannel, EventChannels, type PortAuthority } from '../../lib/domain/event-channels.ts';
import { PeerDirectory } from '../../lib/event-channel/peer-directory.ts';
import type { CtrlIfError, Domain } from '../../lib/index.ts';
import { createControlPage } from '../../lib/page/control-page.ts';
import { newPageName } from '../../lib/page/name.ts';
import { nativeEngine } from '../../lib/page/native-engine.ts';
import type { EventPage } from '../../lib/page/page.ts';
import { processIdentity } from '../../lib/page/process-identity.ts';
import { PAGE_SELECTOR, PAGE_WAKEUP } from '../../lib/wire/page.ts';
import { useDomains } from '../event-channel/events.ts';
import { codeOf } from '../support/code-of.ts';
import { testsNative } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { connectGuest, listen, useRuntimeDirectory } from './meeting.ts';

const directory = useRuntimeDirectory();
const ownDomain = useDomains();
const coded = (code: string) => expect.objectContaining({ name: 'CtrlIfError', code });

/** A controller with two guests, domains 1 and 2. */
async function three() {
  const controller = await listen();
  const one = await connectGuest();
  const two = await connectGuest();
  return { controller, one, two };
}

/** The same, and a channel between the guests. */
async function connected() {
  const domains = await three();
  const [portOne, portTwo] = await domains.controller.channels.connect(1, 2);
  return { ...domains, a: domains.one.channels.get(portOne), b: domains.two.channels.get(portTwo) };
}

/** Listens and counts; `next` resolves with the next event. */
function events(channel: EventChannel) {
  const heard = { count: 0, next: () => new Promise<void>((resolve) => waiting.push(resolve)) };
  const waiting: (() => void)[] = [];
  channel.onNotify(() => {
    heard.count++;
    for (const resolve of waiting.splice(0)) resolve();
  });
  return heard;
}

const bound = (channel: EventChannel) => channel.remote !== undefined;

describe.runIf(testsNative)('a channel', () => {
  it('that the controller opens carries events both ways', async () => {
    const { a, b } = await connected();
    expect([a.remote, b.remote]).toEqual([
      { domid: 2, port: b.port },
      { domid: 1, port: a.port },
    ]);
    const [atA, atB] = [events(a), events(b)];
    for (let round = 1; round <= 20; round++) {
      const heard = Promise.all([atA.next(), atB.next()]);
      a.notify();
      b.notify();
      await heard;
      expect([atA.count, atB.count]).toEqual([round, round]);
    }
  });

  it("may have the controller at one end, or one domain at both, among many of one pair's", async () => {
    const { controller, one } = await three();
    for (const [from, to] of [
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const [portFrom, portTo] = await controller.channels.connect(from, to);
      const channelsOf = (domid: number) => (domid === 0 ? controller.channels : one.channels);
      const heard = events(channelsOf(to).get(portTo));
      const next = heard.next();
      channelsOf(from).get(portFrom).notify();
      await next;
      expect(heard.count).toBe(1);
    }
  });

  it('is allocated by one domain and bound by the other, which got the port in a message', async () => {
    const { one, two } = await three();
    const a = await one.channels.alloc(2);
    expect(a.remote).toBeUndefined();
    expect(await a.status()).toEqual({ state: 'unbound', remote: 2, pending: false, masked: true });
    expect(() => a.notify()).toThrow(coded('ERR_CTRL_IF_PORT_NOT_BOUND'));
    expect(() => a.notify()).toThrow(/not bound yet/);
    const b = await two.channels.bind(1, a.port);
    expect(one.channels.get(a.port)).toBe(a);
    expect(a.remote).toEqual({ domid: 2, port: b.port });
    const status = { state: 'interdomain', remote: 1, remotePort: a.port, pending: false, masked: true };
    expect(await b.status()).toEqual(status);
    const next = events(a).next();
    b.notify();
    await next;
  });

  it('coalesces pending events, and keeps one until a listener is set', async () => {
    const { a, b } = await connected();
    for (let i = 0; i < 1000; i++) a.notify();
    expect(await b.status()).toMatchObject({ pending: true, masked: true });
    const heard = events(b);
    await until(() => heard.count > 0);
    await turn();
    expect(heard.count).toBe(1);
  });

  it('keeps an event while it is masked, and delivers it when it is unmasked', async () => {
    const { a, b } = await connected();
    const [atA, atB] = [events(a), events(b)];
    b.mask();
    a.notify();
    // What overtakes it shows that its turn has come and gone.
    for (let i = 0; i < 5; i++) {
      const next = atA.next();
      b.notify();
      await next;
    }
    expect(atB.count).toBe(0);
    expect(await b.status()).toMatchObject({ pending: true, masked: true });
    const next = atB.next();
    b.unmask();
    await next;
    expect(await b.status()).toMatchObject({ pending: false, masked: false });
    b.unmask();
    await turn();
    expect(atB.count).toBe(1);
  });

  it('whose listener throws fires again, and so do the others', async () => {
    const { a, b } = await connected();
    const atA = events(a);
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    try {
      for (let round = 0; round < 3; round++) {
        const thrown = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
        b.onNotify(() => {
          throw new Error(`in round ${round}`);
        });
        const next = atA.next();
        a.notify();
        expect((await thrown).message).toBe(`in round ${round}`);
        b.notify();
        await next;
      }
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  it('may be closed by its listener', async () => {
    const { a, b } = await connected();
    let closed: Promise<void> | undefined;
    let runs = 0;
    b.onNotify(() => {
      runs++;
      closed = b.close();
    });
    a.notify();
    await until(() => closed !== undefined);
    await closed;
    await until(() => !bound(a));
    expect(runs).toBe(1);
  });
});

describe.runIf(testsNative)('the close of an end', () => {
  it('unbinds the other end, whose port can be bound again', async () => {
    const { two, a, b } = await connected();
    const atA = events(a);
    await b.close();
    await until(() => !bound(a));
    expect(() => a.notify()).toThrow(coded('ERR_CTRL_IF_PORT_NOT_BOUND'));
    expect(() => a.notify()).toThrow(/closed by its other end/);
    expect(await a.status()).toMatchObject({ state: 'unbound', remote: 2 });
    const again = await two.channels.bind(1, a.port);
    await until(() => bound(a));
    const next = atA.next();
    again.notify();
    await next;
  });

  it('ends that end for good, though its port is given out again', async () => {
    const { controller, two, b } = await connected();
    await b.close();
    const dead = coded('ERR_CTRL_IF_PORT_NOT_BOUND');
    expect(() => b.notify()).toThrow(dead);
    const [, port] = await controller.channels.connect(0, 2);
    expect(port).toBe(b.port);
    const successor = two.channels.get(port);
    expect(successor).not.toBe(b);
    for (const use of [() => b.notify(), () => b.mask(), () => b.unmask(), () => b.onNotify(() => {})]) {
      expect(use).toThrow(dead);
    }
    await expect(b.close()).rejects.toEqual(dead);
    await expect(b.status()).rejects.toEqual(dead);
    expect(b.remote).toBeUndefined();
    expect(bound(successor)).toBe(true);
  });

  it('by the controller is reported to both, and the domain no longer has the port', async () => {
    const { controller, one, a, b } = await connected();
    const atB = events(b);
    controller.channels.disconnect(1, a.port);
    await until(() => !bound(a) && !bound(b));
    expect(() => a.notify()).toThrow(/was closed/);
    expect(() => one.channels.get(a.port)).toThrow(coded('ERR_CTRL_IF_PORT_NOT_BOUND'));
    expect(() => b.notify()).toThrow(/closed by its other end/);
    // The next channel at that port has no listener yet: the old one's is gone.
    const old = events(await one.channels.alloc(2));
    expect([atB.count, old.count]).toEqual([0, 0]);
    expect(() => controller.channels.disconnect(1, 3000)).toThrow(coded('ERR_CTRL_IF_PORT_NOT_BOUND'));
    expect(() => controller.channels.disconnect(0, 2)).toThrow(/control interface/);
  });

  it('comes with the end of its domain, for each of its channels', async () => {
    const { controller, one, two } = await three();
    const ports = await Promise.all(Array.from({ length: 20 }, () => controller.channels.connect(1, 2)));
    const [mine] = await controller.channels.connect(0, 2);
    await two.close();
    const ends = ports.map(([port]) => one.channels.get(port));
    await until(() => !ends.some(bound) && !bound(controller.channels.get(mine)));
    for (const end of ends) expect(() => end.notify()).toThrow(coded('ERR_CTRL_IF_PORT_NOT_BOUND'));
    for (const end of ends) await end.close();
    await expect(controller.channels.connect(1, 2)).rejects.toEqual(coded('ERR_CTRL_IF_DOMAIN'));
    expect((await connectGuest()).domid).toBe(3);
    await controller.channels.connect(1, 3);
  });

  it('leaves no mapping and no descriptor behind', async () => {
    const { readdirSync, readFileSync } = await import('node:fs');
    const { controller } = await three();
    const held = () => [
      readdirSync('/proc/self/fd').length,
      readFileSync('/proc/self/maps', 'utf8').split('ctrl-if.').length,
    ];
    await controller.channels.connect(1, 2);
    const before = held();
    for (let round = 0; round < 5; round++) {
      const third = await connectGuest();
      const channels = await Promise.all([1, 2, 0].map((domid) => controller.channels.connect(domid, third.domid)));
      expect(held()).not.toEqual(before);
      await third.close();
      await until(() => !bound(controller.channels.get(channels[2]![0])));
      await controller.channels.get(channels[2]![0]).close();
      await until(() => held().every((count, i) => count === before[i]));
    }
  });
});

describe.runIf(testsNative)('what cannot be', () => {
  it('is refused with the port or domain that is wrong, and harms no other channel', async () => {
    const { controller, one, two, a, b } = await connected();
    const { channels } = one;
    const wrong = [0, 1, 4096, -1, 2.5, Number.NaN];
    for (const port of wrong) {
      const range = coded('ERR_CTRL_IF_PORT_RANGE');
      for (const use of [channels.get, channels.notify, channels.mask, channels.unmask]) {
        expect(() => use.call(channels, port)).toThrow(range);
      }
      await expect(channels.close(port)).rejects.toEqual(range);
      await expect(channels.status(port)).rejects.toEqual(range);
      await expect(channels.bind(2, port)).rejects.toEqual(range);
      expect(() => controller.channels.disconnect(1, port)).toThrow(range);
    }
    // Not its own, though another domain has it.
    const notBound = coded('ERR_CTRL_IF_PORT_NOT_BOUND');
    const [, mine] = await controller.channels.connect(0, 2);
    expect(() => one.channels.notify(mine + 7)).toThrow(notBound);
    await expect(one.channels.close(mine + 7)).rejects.toEqual(notBound);
    expect(await one.channels.status(mine + 7)).toMatchObject({ state: 'free' });
    // Bound already, never allocated, allocated for another.
    await expect(two.channels.bind(1, a.port)).rejects.toEqual(notBound);
    await expect(two.channels.bind(1, 4000)).rejects.toEqual(notBound);
    const forController = await one.channels.alloc(0);
    await expect(two.channels.bind(1, forController.port)).rejects.toEqual(coded('ERR_CTRL_IF_PORT_OWNER'));
    await expect(two.channels.bind(1, forController.port)).rejects.toThrow(/allocated for domain 0/);
    // Domains that are not there.
    const domain = coded('ERR_CTRL_IF_DOMAIN');
    for (const domid of [99, -1, 1.5]) {
      await expect(one.channels.alloc(domid)).rejects.toEqual(domain);
      await expect(one.channels.bind(domid, 5)).rejects.toEqual(domain);
      await expect(controller.channels.connect(1, domid)).rejects.toEqual(domain);
      await expect(controller.channels.connect(domid, 1)).rejects.toEqual(domain);
    }
    const next = events(b).next();
    a.notify();
    await next;
  });

  it('leaves no port taken when the second domain has none free', async () => {
    const { controller, one, two } = await three();
    const all = await Promise.all(Array.from({ length: 4094 }, () => two.channels.alloc(1)));
    expect(new Set(all.map(({ port }) => port)).size).toBe(4094);
    await expect(two.channels.alloc(1)).rejects.toEqual(coded('ERR_CTRL_IF_PORT_NONE_FREE'));
    await expect(controller.channels.connect(1, 2)).rejects.toEqual(coded('ERR_CTRL_IF_PORT_NONE_FREE'));
    expect(await one.channels.status(2)).toMatchObject({ state: 'free' });
    await all[100]!.close();
    expect(await controller.channels.connect(1, 2)).toEqual([2, all[100]!.port]);
  });

  it('is an event channel of a side with the file engine', async () => {
    const controller = await listen();
    const native = await connectGuest();
    const file = await connectGuest({ engine: 'file' });
    expect(() => file.channels).toThrow(coded('ERR_CTRL_IF_ENGINE'));
    expect(() => file.channels).toThrow(/native engine/);
    await expect(controller.channels.connect(native.domid, file.domid)).rejects.toEqual(coded('ERR_CTRL_IF_DOMAIN'));
    await expect(native.channels.alloc(file.domid)).rejects.toEqual(coded('ERR_CTRL_IF_DOMAIN'));
  });

  it('is refused after the end with what ended it', async () => {
    const { controller, one, a, b } = await connected();
    await one.close();
    for (const use of [() => a.notify(), () => one.channels.get(2), () => a.mask()]) {
      expect(use).toThrow(coded('ERR_CTRL_IF_CLOSED'));
    }
    await expect(one.channels.alloc(2)).rejects.toEqual(coded('ERR_CTRL_IF_CLOSED'));
    await expect(a.status()).rejects.toEqual(coded('ERR_CTRL_IF_CLOSED'));
    await until(() => !bound(b));
    await controller.close();
    expect(() => controller.channels.get(2)).toThrow(coded('ERR_CTRL_IF_CLOSED'));
    // The guest may get the report a turn later than this side.
    await until(() => codeOf(() => b.notify()) === 'ERR_CTRL_IF_CLOSED');
  });
});

describe.runIf(testsNative)('an end', () => {
  const authority: PortAuthority = {
    allocate: async () => ({ port: 5 }),
    bind: async () => ({ port: 5 }),
    close: async () => {},
    status: async () => ({ state: 'free' }),
  };

  it('checks its bit again when it is bound and when its peer ends, because the notifier may have been killed', async () => {
    const { page, own, peer } = ownDomain();
    const channels = new EventChannels(3, own, authority, new PeerDirectory(nativeEngine));
    const channel = await channels.alloc(4);
    let told = 0;
    channel.onNotify(() => told++);
    const address = { pid: process.pid, ...own.descriptors };
    for (const change of [() => channels.bound(5, { domid: 4, port: 5, address }), () => channels.unbound(5, 'died')]) {
      peer.notify(5);
      page.store32(PAGE_SELECTOR, 0);
      own.dispatch();
      const before = told;
      change();
      own.dispatch();
      expect(told).toBe(before + 1);
    }
    expect(() => channel.notify()).toThrow(coded('ERR_CTRL_IF_PEER_DIED'));
    channels.unbound(77, 'died'); // of a port that it has just closed
    channels.end({} as CtrlIfError);
  });
});

describe.runIf(testsNative)('a guest that lies about its page and doorbell', () => {
  const sockets: Socket[] = [];
  const pages: { unmap(): void }[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const page of pages.splice(0)) page.unmap();
  });

  /** Presents itself with those `events`; resolves with the controller's first line. */
  async function present(events: (page: EventPage) => unknown): Promise<Record<string, unknown>> {
    const name = newPageName();
    const page = createControlPage(name, Buffer.alloc(16), 'native').eventPage!;
    page.armWakeup(PAGE_WAKEUP.guest);
    pages.push(page);
    const { pid, startTime } = processIdentity();
    const lines = [
      { announce: 2, page: name, nonce: '00'.repeat(16), pid, startTime: String(startTime) },
      { ready: true, events: events(page) },
    ];
    const socket = connect(join(directory.path, 'test.sock'));
    sockets.push(socket);
    for (const line of lines) socket.write(`${JSON.stringify(line)}\n`);
    const [chunk] = await once(socket, 'data');
    return JSON.parse(String(chunk).split('\n')[0]!);
  }

  it('is turned away when it says nonsense', async () => {
    await three();
    for (const events of [null, 5, 'x', [], {}, { page: 3 }, { page: 1.5, doorbell: 2 }, { page: '3', doorbell: 4 }]) {
      expect(await present(() => events)).toMatchObject({ refused: 'ERR_CTRL_IF_HANDSHAKE' });
    }
    const file = openSync('/dev/null', 'r+');
    for (const doorbell of [-1, 2 ** 40]) {
      const refusal = { refused: 'ERR_CTRL_IF_HANDSHAKE', message: expect.stringContaining('events.doorbell') };
      expect(await present((page) => ({ page: page.fd, doorbell }))).toMatchObject(refusal);
    }
    expect(await present((page) => ({ page: page.fd, doorbell: file }))).toMatchObject({
      refused: 'ERR_CTRL_IF_DOORBELL',
    });
    closeSync(file);
  });

  it('is rung over its socket when its descriptors are not there, and has no channels', async () => {
    const { controller } = await three();
    const arrival = once(controller, 'domain') as Promise<Domain[]>;
    const welcome = await present(() => ({ page: 100_000, doorbell: 100_001 }));
    expect(welcome).toMatchObject({ welcome: 2, domid: 3 });
    expect(welcome).not.toHaveProperty('events');
    await expect(controller.channels.connect(1, 3)).rejects.toEqual(coded('ERR_CTRL_IF_DOMAIN'));
    const [domain] = await arrival;
    domain!.request({ name: 'SHUTDOWN_POWEROFF' }).catch(() => {});
    const [bell] = (await once(sockets[0]!, 'data')) as [Buffer];
    expect([...bell]).toEqual([7]);
  });

  it('makes a bind to it fail, and changes nothing at either end', async () => {
    const { controller, one, a, b } = await connected();
    const own = ownDomain();
    const { doorbell } = own.own.descriptors;
    // Its page is no segment but a pipe.
    expect(await present(() => ({ page: doorbell, doorbell }))).toMatchObject({ welcome: 2 });
    await expect(controller.channels.connect(1, 3)).rejects.toEqual(coded('ERR_CTRL_IF_PAGE_MAGIC'));
    const [next] = await controller.channels.connect(1, 2);
    expect(next).toBe(a.port + 1);
    expect(one.channels.get(next).remote).toMatchObject({ domid: 2 });
    const heard = events(b).next();
    a.notify();
    await heard;
  });
});
