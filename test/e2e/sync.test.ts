/** requestSync against another process, however that waits, and whatever becomes of it meanwhile. */
import { describe, expect, it } from 'vitest';
import type { IdleStrategy, LinkStats } from '../../lib/index.ts';
import { namedEngines, testsNative } from '../support/engines.ts';
import { BEST, PeerProcess, useProcesses } from './peer-process.ts';

useProcesses();

const script = 'sync';
type Engine = 'native' | 'file';

/** A controller that answers and a guest that asks, or the other way round. */
async function pair(answererIdle: IdleStrategy = 'adaptive', engines: { controller: Engine; guest: Engine } = BEST) {
  const controller = new PeerProcess('controller', 'e2e', engines.controller, {
    script,
    options: { idle: answererIdle },
  });
  expect(await controller.heard('listening')).toMatchObject({ engine: engines.controller });
  const guest = new PeerProcess('guest', 'e2e', engines.guest, { script });
  expect(await guest.heard('connected')).toMatchObject({ engine: engines.guest });
  await controller.heard('joined');
  return { controller, guest };
}

async function statsOf(peer: PeerProcess): Promise<LinkStats> {
  return (await peer.ask<{ stats: LinkStats }>('stats')).stats;
}

describe('a blocking request', () => {
  it.each(['spin', 'adaptive', 'park', { spinMicroseconds: 100 }] as const)(
    'is answered by a process that waits by %j',
    async (idle) => {
      const { guest } = await pair(idle);
      expect(await guest.ask('askSync', { count: 500 })).toMatchObject({ count: 500 });
      expect(await statsOf(guest)).toMatchObject({ inFlight: 0, waiting: 0, lateResponses: 0, responsesReceived: 500 });
    },
  );

  it.each(namedEngines.flatMap((controller) => namedEngines.map((guest) => ({ controller, guest }))))(
    'goes both ways between a $controller controller and a $guest guest',
    async (engines) => {
      const { controller, guest } = await pair('adaptive', engines);
      expect(await guest.ask('askSync', { count: 30 })).toMatchObject({ count: 30 });
      expect(await controller.ask('askSync', { count: 30 })).toMatchObject({ count: 30 });
      expect(await guest.ask('ask', { n: 5 })).toMatchObject({ answer: ~5 >>> 0 });
    },
  );

  it('may be made in a receiver, to the peer whose request it handles', async () => {
    const { controller, guest } = await pair();
    for (let n = 0; n < 20; n++)
      expect(await controller.ask('ask', { n, asksBack: true })).toMatchObject({ answer: n });
    expect(await statsOf(guest)).toMatchObject({ unanswered: 0, inFlight: 0, responsesReceived: 20 });
  });

  it('waits for a slow receiver', async () => {
    const { guest } = await pair();
    expect(await guest.ask('askSync', { count: 5, after: 30 })).toMatchObject({ count: 5 });
  });

  it("delays the peer's requests, and is still woken for its own answer", async () => {
    const { guest } = await pair('park');
    const before = await statsOf(guest);
    expect(await guest.ask('askSync', { count: 20, after: 5, questions: 3 })).toMatchObject({ count: 20 });
    // What was left over is answered when the loop comes round.
    let after = await statsOf(guest);
    while (after.requestsReceived - before.requestsReceived < 8 || after.unanswered > 0) after = await statsOf(guest);
    expect(after).toMatchObject({ inFlight: 0, responsesReceived: 20 });
  });

  it('times out; the late answer is dropped, and the next one is right', async () => {
    const { controller, guest } = await pair();
    const late = await guest.ask('askSync', { after: 300, timeout: 50 });
    expect(late).toMatchObject({ code: 'ERR_CTRL_IF_TIMEOUT', message: expect.stringContaining('50 ms') });
    expect(await guest.ask('askSync', { count: 10 })).toMatchObject({ count: 10 });
    while ((await statsOf(guest)).lateResponses === 0);
    expect(await statsOf(guest)).toMatchObject({ inFlight: 0, lateResponses: 1 });
    expect(await controller.ask('askSync', { count: 10 })).toMatchObject({ count: 10 });
  });

  it('rejects when the peer was killed, although this process reads no socket', async () => {
    const { controller, guest } = await pair();
    await guest.ask('askSync', { count: 10 });
    await controller.stop();
    const asked = guest.ask('askSync', { timeout: 60_000 });
    await controller.kill();
    expect(await asked).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    expect(await guest.ask('askSync')).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
  });

  it('of a controller rejects when its guest was killed, and the next guest is served', async () => {
    const { controller, guest } = await pair();
    await guest.stop();
    const asked = controller.ask('askSync', { timeout: 60_000 });
    await guest.kill();
    expect(await asked).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    const next = new PeerProcess('guest', 'e2e', BEST.guest, { script });
    await next.heard('connected');
    expect(await next.ask('askSync', { count: 20 })).toMatchObject({ count: 20 });
  });

  it('may be made in a worker thread, to another process and to its own', async () => {
    const { controller, guest } = await pair();
    for (const whose of [guest, controller]) {
      expect(await whose.ask('askSyncInWorker', { count: 100 })).toMatchObject({ count: 100 });
      expect(await whose.ask('askSyncInWorker', { after: 200, timeout: 20 })).toMatchObject({
        code: 'ERR_CTRL_IF_TIMEOUT',
      });
      expect(await whose.ask('askSyncInWorker', { count: 10 })).toMatchObject({ count: 10 });
      expect(await whose.ask('endWorker')).toMatchObject({ code: 1 });
    }
    expect(await guest.ask('askSync', { count: 20 })).toMatchObject({ count: 20 });
  });

  it.runIf(testsNative)('sleeps on the doorbell: one that is rung, and not one that looks every so often', async () => {
    const { controller, guest } = await pair('park');
    const before = await statsOf(controller);
    await guest.ask('askSync', { count: 50, after: 2 });
    const after = await statsOf(controller);
    // Once an answer, but for those that found it not asleep yet.
    expect(after.doorbellsRung - before.doorbellsRung).toBeGreaterThan(25);
    expect(after.doorbellsRung - before.doorbellsRung).toBeLessThanOrEqual(50);
  });
});
