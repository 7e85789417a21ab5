/** What waiting costs, in counts: doorbells, sleeps, and turns of the event loop that others get. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { IdleStrategy, LinkStats } from '../../lib/index.ts';
import { testsNative } from '../support/engines.ts';
import { unless } from '../support/skips.ts';
import { BEST, PeerProcess, useProcesses } from './peer-process.ts';

const canPoll = availableParallelism() > 1;

useProcesses();

async function pair(idle: IdleStrategy, engine: 'native' | 'file' = BEST.guest) {
  const how = { script: 'waiting', options: { idle } } as const;
  const controller = new PeerProcess('controller', 'e2e', engine, how);
  await controller.heard('listening');
  const guest = new PeerProcess('guest', 'e2e', engine, how);
  await guest.heard('connected');
  await controller.heard('joined');
  return { controller, guest };
}

async function statsOf(peer: PeerProcess): Promise<LinkStats> {
  return (await peer.ask<{ stats: LinkStats }>('stats')).stats;
}

async function asleep(...peers: PeerProcess[]): Promise<void> {
  for (const peer of peers) while (!(await statsOf(peer)).asleep);
}

/** What changed in `peers` while `act` ran. */
async function during(peers: PeerProcess[], act: () => Promise<unknown>) {
  const before = await Promise.all(peers.map(statsOf));
  await act();
  const after = await Promise.all(peers.map(statsOf));
  const difference = (i: number, what: 'sleeps' | 'notified' | 'doorbellsRung' | 'doorbellsReceived') =>
    after[i]![what] - before[i]![what];
  return peers.map((_, i) => ({
    sleeps: difference(i, 'sleeps'),
    notified: difference(i, 'notified'),
    doorbellsRung: difference(i, 'doorbellsRung'),
  }));
}

describe.runIf(testsNative)('doorbells', () => {
  it('are rung at most once a batch and once a sleep when both sides park', async () => {
    const { controller, guest } = await pair('park');
    await guest.ask('batches', { count: 5 });
    await asleep(controller, guest);
    const batches = 100;
    const [asker, answerer] = await during([guest, controller], async () => {
      await guest.ask('batches', { count: batches });
      await asleep(controller, guest);
    });
    for (const [side, peer] of [
      [asker!, answerer!],
      [answerer!, asker!],
    ] as const) {
      expect(side.doorbellsRung).toBeLessThanOrEqual(batches);
      expect(side.doorbellsRung).toBeLessThanOrEqual(peer.sleeps + 1);
      expect(side.notified).toBeLessThanOrEqual(peer.sleeps + 1);
    }
    // It is the doorbell that did it.
    expect(asker!.doorbellsRung).toBeGreaterThan(batches / 2);
  });

  it.runIf(canPoll)(`are never rung while both sides look${unless(canPoll, 'a second processor')}`, async () => {
    const { controller, guest } = await pair('spin');
    await guest.ask('exchange', { count: 100 });
    const changes = await during([guest, controller], async () => {
      await guest.ask('exchange', { count: 5000 });
      await controller.ask('exchange', { count: 5000 });
      await guest.ask('batches', { count: 20 });
    });
    expect(changes).toEqual(Array(2).fill({ sleeps: 0, notified: 0, doorbellsRung: 0 }));
  });
});

describe('stats', () => {
  it.each(['spin', 'adaptive', 'park', { spinMicroseconds: 250 }] as const)(
    'say that a link waits by %j, and messages pass',
    async (idle) => {
      const { controller, guest } = await pair(idle);
      await guest.ask('exchange', { count: 200 });
      await controller.ask('exchange', { count: 200 });
      for (const peer of [controller, guest]) expect((await statsOf(peer)).idle).toEqual(idle);
      if (idle !== 'spin') await asleep(controller, guest);
    },
  );
});

describe('a link without traffic', () => {
  it('makes no system call: neither side is woken', async () => {
    const { controller, guest } = await pair('adaptive');
    await guest.ask('exchange', { count: 100 });
    await asleep(controller, guest);
    const switches = () =>
      Promise.all([controller, guest].map(async (peer) => (await peer.ask<{ switches: number }>('switches')).switches));
    const before = await switches();
    // What is measured is time that passes: there is no event to await.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const [i, count] of (await switches()).entries()) {
      // The questions themselves, and V8's own timers. A poll each millisecond would be a thousand.
      expect(count - before[i]!).toBeLessThan(50);
    }
  });
});

describe('a saturated link', () => {
  it.each(['adaptive', 'spin', 'park'] as const)(
    '(%s) leaves timers and sockets of both processes their turns',
    async (idle) => {
      const { controller, guest } = await pair(idle);
      const served = await Promise.all(
        [guest, controller].map((peer) =>
          peer.ask<Record<'passed' | 'ticksAmong' | 'echoesAmong', number>>('saturate', {
            messages: 500,
            ticks: 100,
            echoes: 200,
          }),
        ),
      );
      for (const { passed, ticksAmong, echoesAmong } of served) {
        // The end shows that all three went on. Those among the messages show that they did not run one after the other; how
        // many that are depends on what else the machine does.
        expect(passed).toBeGreaterThanOrEqual(500);
        expect(ticksAmong).toBeGreaterThan(2);
        expect(echoesAmong).toBeGreaterThan(2);
      }
    },
  );
});
