/** The ports that a poll dispatches: which, in which order and how many; a listener that throws affects no other. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { OwnEvents } from '../../lib/event-channel/own-events.ts';
import { PAGE_ASLEEP, PAGE_SELECTOR } from '../../lib/wire/page.ts';
import { testsNative } from '../support/engines.ts';
import { useDomains } from './events.ts';

const domain = useDomains();

/** Listens on `ports` and notes each event. */
function noting(own: OwnEvents, ports: number[]): number[] {
  const told: number[] = [];
  for (const port of ports) own.listen(port, () => void told.push(port));
  return told;
}

/** The uncaught exceptions while `act` runs and in the turn after it. */
async function uncaughtOf(act: () => void): Promise<unknown[]> {
  const heard: unknown[] = [];
  const own = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => heard.push(error));
  try {
    act();
    await turn();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of own) process.on('uncaughtException', listener);
  }
  return heard;
}

describe.runIf(testsNative)('the ports of a domain', () => {
  it('call each listener once, however often its port was notified', () => {
    const { own, peer } = domain();
    const told = noting(own, [2, 3, 4095]);
    for (let i = 0; i < 100; i++) for (const port of [4095, 2]) peer.notify(port);
    expect(own.dispatch()).toBe(2);
    expect(told.sort()).toEqual([2, 4095]);
    expect(own.dispatch()).toBe(0);
    peer.notify(3);
    own.dispatch();
    expect(told).toHaveLength(3);
  });

  it('dispatch at most 64 in one poll, and all in turn, even when the first ones are notified without end', () => {
    const { own, peer } = domain();
    const ports = Array.from({ length: 1000 }, (_, i) => 2 + 4 * i);
    const told = noting(own, ports);
    for (const port of ports) peer.notify(port);
    const counts: number[] = [];
    for (let poll = 0; poll < 16; poll++) {
      counts.push(own.dispatch());
      // The lowest ports are pending again before each poll.
      for (const port of ports.slice(0, 10)) peer.notify(port);
    }
    expect(Math.max(...counts)).toBe(64);
    expect(new Set(told)).toEqual(new Set(ports));
  });

  it('dispatch an event that comes while its listener runs in the next poll, not in this one', () => {
    const { own, peer } = domain();
    let runs = 0;
    own.listen(9, () => {
      runs++;
      peer.notify(9);
    });
    peer.notify(9);
    for (let poll = 1; poll <= 5; poll++) {
      expect(own.dispatch()).toBe(1);
      expect(runs).toBe(poll);
    }
  });

  it('are not dispatched from within a listener', () => {
    const { own, peer } = domain();
    const nested: number[] = [];
    own.listen(5, () => {
      peer.notify(6);
      nested.push(own.dispatch());
    });
    const told = noting(own, [6]);
    peer.notify(5);
    own.dispatch();
    expect([nested, told]).toEqual([[0], []]);
    own.dispatch();
    expect(told).toEqual([6]);
  });

  it('hold back the events of a masked port, and wake the domain when it is unmasked', () => {
    const { own, peer } = domain();
    let due = 0;
    own.setListener(() => due++);
    const told = noting(own, [7, 8]);
    own.mask(7);
    for (let i = 0; i < 3; i++) peer.notify(7);
    expect(own.status(7)).toEqual({ pending: true, masked: true });
    expect(own.dispatch()).toBe(0);
    own.unmask(8);
    expect(due).toBe(0);
    own.unmask(7);
    expect(due).toBe(1);
    own.dispatch();
    expect(told).toEqual([7]);
    expect(own.status(7)).toEqual({ pending: false, masked: false });
  });

  it('wake the domain for an event that came before its listener', () => {
    const { own, peer } = domain();
    let due = 0;
    own.setListener(() => due++);
    own.mask(11);
    peer.notify(11);
    const told = noting(own, [11]);
    expect(due).toBe(1);
    own.dispatch();
    expect(told).toEqual([11]);
  });

  it('count events of ports without a listener, and go on', () => {
    const { own, peer } = domain();
    const told = noting(own, [2]);
    own.unlisten(2);
    for (const port of [0, 1, 2, 4095]) peer.notify(port);
    expect(own.dispatch()).toBe(4);
    expect(own.counts.unbound).toBe(4);
    expect(told).toEqual([]);
  });

  it('find an event of a notifier that was killed before it announced it', () => {
    const { page, own, peer } = domain();
    const told = noting(own, [40, 41]);
    peer.notify(40);
    peer.notify(41);
    page.store32(PAGE_SELECTOR, 0);
    own.mask(41);
    expect(own.dispatch()).toBe(0);
    // No other notifier can announce it: by the pending bit, it was announced already.
    peer.notify(40);
    expect(own.dispatch()).toBe(0);
    let due = 0;
    own.setListener(() => due++);
    own.recheck(40);
    own.recheck(41);
    expect(due).toBe(1);
    own.dispatch();
    expect(told).toEqual([40]);
    expect(own.status(41)).toEqual({ pending: true, masked: true });
  });

  it('dispatch the other events when a listener throws, and make the error an uncaught exception', async () => {
    const { own, peer } = domain();
    const told = noting(own, [2, 4]);
    own.listen(3, () => {
      throw new Error('thrown by the listener');
    });
    for (const port of [2, 3, 4]) peer.notify(port);
    const heard = await uncaughtOf(() => expect(own.dispatch()).toBe(3));
    expect(told).toEqual([2, 4]);
    expect(heard).toEqual([expect.objectContaining({ message: 'thrown by the listener' })]);
  });

  it('may be closed in a listener: no later listener is called, and all calls then do nothing', () => {
    const { own, peer } = domain();
    const told = noting(own, [3]);
    own.listen(2, () => own.close());
    peer.notify(2);
    peer.notify(3);
    expect(own.dispatch()).toBe(0);
    peer.notify(3);
    expect(own.dispatch()).toBe(0);
    own.disarm();
    own.close();
    expect(told).toEqual([]);
  });

  it('may be listened on, and no longer listened on, in a listener', () => {
    const { own, peer } = domain();
    const told: string[] = [];
    own.listen(2, () => {
      told.push('first');
      own.unlisten(3);
      own.listen(4, () => told.push('new'));
    });
    own.listen(3, () => told.push('taken back'));
    own.mask(4);
    for (const port of [2, 3, 4]) peer.notify(port);
    own.dispatch();
    own.dispatch();
    expect(told).toEqual(['first', 'new']);
  });
});

describe.runIf(testsNative)('a domain that sleeps', () => {
  it('is rung once for any number of events', async () => {
    const { page, own, peer } = domain();
    let rung = 0;
    const heard = new Promise<void>((resolve) => {
      own.setListener(() => {
        rung++;
        resolve();
      });
    });
    own.arm();
    expect([peer.notify(2), peer.notify(2), peer.notify(3)]).toEqual([true, false, false]);
    expect(page.load32(PAGE_ASLEEP)).toBe(0);
    await heard;
    await turn();
    expect([rung, own.counts.doorbells]).toEqual([1, 1]);
    own.disarm();
    expect(peer.notify(4)).toBe(false);
  });

  it('and blocks is rung again for a port that has fired before, and dispatches each event when it no longer blocks', () => {
    const { own, peer } = domain();
    const told = noting(own, [2, 3]);
    own.arm();
    own.hold();
    for (let round = 0; round < 3; round++) {
      expect(peer.notify(2)).toBe(true);
      expect(own.wait(10_000)).toBe(true);
      expect(told).toEqual([]);
      own.arm();
      own.hold();
    }
    own.mask(3);
    peer.notify(3);
    own.disarm();
    own.release();
    expect(own.dispatch()).toBe(1);
    expect(told).toEqual([2]);
    own.unmask(3);
    own.dispatch();
    expect(told).toEqual([2, 3]);
  });

  it('holds the events of all ports', () => {
    const { own, peer } = domain();
    for (let port = 0; port < 4096; port++) peer.notify(port);
    own.hold();
    own.arm();
    expect(peer.notify(77)).toBe(true);
    own.disarm();
    own.release();
    let told = 0;
    for (let count = own.dispatch(); count > 0; count = own.dispatch()) told += count;
    expect(told).toBe(4096);
  });
});
