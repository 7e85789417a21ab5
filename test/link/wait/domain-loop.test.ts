/** Whose turn it is, when the domain sleeps, and what wakes it: with pollers that the test plays. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { DomainLoop } from '../../../lib/link/wait/domain-loop.ts';
import { PAGE_ASLEEP, PAGE_SELECTOR } from '../../../lib/wire/page.ts';
import { useDomains } from '../../event-channel/events.ts';
import { testsNative } from '../../support/engines.ts';
import { until } from '../../support/until.ts';

const domain = useDomains();
const loops: DomainLoop[] = [];
afterEach(() => {
  for (const loop of loops.splice(0)) loop.stop();
});

function loopOf(own?: ReturnType<typeof domain>['own']): DomainLoop {
  loops.push(new DomainLoop(own));
  return loops.at(-1)!;
}

/** A link that stays awake for `left` turns and notes each share it was given. */
function fakePoller(left: number, onTurn: () => void = () => {}) {
  const shares: number[] = [];
  const poller = {
    turn(share: number) {
      shares.push(share);
      onTurn();
      return shares.length < left;
    },
  };
  return { shares, poller };
}

describe('a loop', () => {
  it('gives turns only to members that are awake', async () => {
    const loop = loopOf();
    const [short, long] = [fakePoller(2), fakePoller(6)];
    loop.join(short.poller);
    loop.join(long.poller);
    await until(() => long.shares.length === 6);
    for (let i = 0; i < 5; i++) await turn();
    expect(short.shares).toHaveLength(2);
    expect(long.shares).toHaveLength(6);
    loop.join(short.poller);
    await until(() => short.shares.length === 3);
  });

  it('polls for long when one link is awake, and not when several are', async () => {
    const loop = loopOf();
    const [short, long] = [fakePoller(3), fakePoller(5)];
    loop.join(short.poller);
    loop.join(long.poller);
    await until(() => long.shares.length === 5);
    expect(short.shares).toEqual([0, 0, 0]);
    expect(long.shares).toEqual([0, 0, 0, 1, 1]);
  });

  it('lets timers and sockets have their turn between its own, though a link never sleeps', async () => {
    const loop = loopOf();
    const busy = fakePoller(Number.POSITIVE_INFINITY);
    loop.join(busy.poller);
    for (let ticks = 0; ticks < 5; ticks++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(busy.shares.length).toBeGreaterThan(5);
  });

  it('gives no turn to a member that has left, also within a turn, and none to any after stop', async () => {
    const loop = loopOf();
    const second = fakePoller(100);
    const first = fakePoller(100, () => loop.leave(second.poller));
    loop.join(first.poller);
    loop.join(second.poller);
    await until(() => first.shares.length === 3);
    expect(second.shares).toEqual([]);
    loop.stop();
    await turn();
    await turn();
    expect(first.shares).toHaveLength(3);
    loop.run();
    await turn();
    expect(first.shares).toHaveLength(3);
  });

  it('continues after a turn that threw, which is an uncaught exception', async () => {
    const loop = loopOf();
    const one = fakePoller(4, () => {
      if (one.shares.length === 2) throw new Error('thrown in a turn');
    });
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const heard = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
    try {
      loop.join(one.poller);
      expect((await heard).message).toBe('thrown in a turn');
      await until(() => one.shares.length === 4);
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

describe.runIf(testsNative)('a loop with ports', () => {
  it('says that the domain sleeps when nothing is awake, and is woken by the first event', async () => {
    const { page, own, peer } = domain();
    const loop = loopOf(own);
    const one = fakePoller(3);
    loop.join(one.poller);
    expect(page.load32(PAGE_ASLEEP)).toBe(0);
    await until(() => page.load32(PAGE_ASLEEP) === 1);
    expect(one.shares).toHaveLength(3);
    const told = new Promise<void>((resolve) => own.listen(2, resolve));
    expect(peer.notify(2)).toBe(true);
    await told;
    await until(() => page.load32(PAGE_ASLEEP) === 1);
    expect(own.counts.doorbells).toBe(1);
  });

  it('needs no doorbell while a link is awake', async () => {
    const { own, peer } = domain();
    const loop = loopOf(own);
    const busy = fakePoller(Number.POSITIVE_INFINITY);
    loop.join(busy.poller);
    await turn();
    for (let n = 0; n < 50; n++) {
      const told = new Promise<void>((resolve) => own.listen(2, resolve));
      expect(peer.notify(2)).toBe(false);
      await told;
    }
    expect(own.counts.doorbells).toBe(0);
  });

  it('finds the event that came between its last poll and its sleep', async () => {
    const { page, own, peer } = domain();
    const loop = loopOf(own);
    let told = 0;
    own.listen(2, () => told++);
    // The peer is as unlucky as it can be: it notifies when the domain has armed and before it polls once more.
    const arm = own.arm.bind(own);
    const rang: boolean[] = [];
    own.arm = () => {
      if (rang.length < 3) rang.push(peer.notify(2));
      arm();
    };
    loop.run();
    await until(() => told === 3 && page.load32(PAGE_ASLEEP) === 1);
    expect(rang).toEqual([false, false, false]);
  });

  it('serves other ports though one is notified in each of its turns', async () => {
    const { own, peer } = domain();
    const loop = loopOf(own);
    let endless = 0;
    own.listen(2, () => {
      endless++;
      peer.notify(2);
    });
    const others = Promise.all([3, 4000].map((port) => new Promise<void>((resolve) => own.listen(port, resolve))));
    peer.notify(2);
    loop.run();
    await until(() => endless > 3);
    peer.notify(3);
    peer.notify(4000);
    await others;
    for (let ticks = 0; ticks < 3; ticks++) await new Promise((resolve) => setTimeout(resolve, 1));
    own.unlisten(2);
  });

  it('dispatches an event that a listener caused itself by unmasking', async () => {
    const { own, peer } = domain();
    const loop = loopOf(own);
    loop.run();
    const told = new Promise<void>((resolve) => own.listen(2, resolve));
    own.mask(2);
    peer.notify(2);
    await turn();
    own.unmask(2);
    await told;
  });

  it('polls and sleeps again after a doorbell without an event', async () => {
    const { page, own } = domain();
    const loop = loopOf(own);
    loop.run();
    await until(() => page.load32(PAGE_ASLEEP) === 1);
    page.store32(PAGE_SELECTOR, 0xffffffff); // bits with nothing behind them
    const { openRinger } = await import('../../../lib/page/native-doorbell.ts');
    const ringer = openRinger(process.pid, own.descriptors.doorbell);
    for (let n = 1; n <= 20; n++) {
      ringer.ring();
      await until(() => own.counts.doorbells === n);
      await until(() => page.load32(PAGE_ASLEEP) === 1);
    }
    ringer.close();
    expect(own.counts.unbound).toBe(0);
  });
});
