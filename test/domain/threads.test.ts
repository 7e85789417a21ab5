/** Guests and controllers in different threads of one process, and in one and the same. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { Controller, type Domain, Guest } from '../../lib/index.ts';
import { createControlPage } from '../../lib/page/control-page.ts';
import { newPageName } from '../../lib/page/name.ts';
import { threadIdentity } from '../../lib/page/process-identity.ts';
import { testsNative } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { seq, useRuntimeDirectory } from './meeting.ts';

const directory = useRuntimeDirectory();
const severalProcessors = availableParallelism() > 1;

const workers: Worker[] = [];
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((end) => end.close()));
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

async function startWorker(workerData: object): Promise<{ worker: Worker; domid?: number }> {
  const worker = new Worker(new URL('../support/peers/thread-domain.mjs', import.meta.url), { workerData });
  workers.push(worker);
  const [{ domid }] = await once(worker, 'message', { signal: AbortSignal.timeout(10_000) });
  return { worker, domid };
}

async function order(worker: Worker, message: object): Promise<{ stats: Guest['stats'] }> {
  worker.postMessage(message);
  const [done] = await once(worker, 'message', { signal: AbortSignal.timeout(90_000) });
  return done;
}

async function listen(options: object = {}) {
  const controller = await Controller.listen({ name: 'threads', messages: [seq], ...options });
  open.push(controller);
  controller.on('domain', (domain) => domain.receive('SEQ', ({ n }) => ({ answer: n + 1 })));
  return controller;
}

async function connectHere(options: object = {}) {
  const guest = await Guest.connect({ name: 'threads', messages: [seq], ...options });
  open.push(guest);
  return guest;
}

describe('a worker thread and the main thread', () => {
  it.runIf(testsNative && severalProcessors)(
    'never sleep and ring no doorbell while 10,000 requests pass, when both spin',
    async () => {
      const controller = await listen({ idle: 'spin' });
      const arrival = once(controller, 'domain') as Promise<[Domain]>;
      const { worker } = await startWorker({ role: 'guest', name: 'threads', idle: 'spin' });
      const [domain] = await arrival;
      const before = { guest: (await order(worker, { order: 'ask', count: 1 })).stats, domain: domain.stats };
      const guest = (await order(worker, { order: 'ask', count: 10_000 })).stats;
      for (const [stats, began] of [
        [guest, before.guest],
        [domain.stats, before.domain],
      ] as const) {
        expect(stats.sleeps).toBe(0);
        expect(stats.doorbellsRung - began.doorbellsRung).toBe(0);
        expect(stats.idleBudget).toEqual({ answers: Number.POSITIVE_INFINITY, requests: Number.POSITIVE_INFINITY });
      }
      expect(domain.stats.requestsReceived - before.domain.requestsReceived).toBe(10_000);
    },
    // Where others keep the processors busy, two that never sleep wait for each other's time slices.
    100_000,
  );

  it('ends a blocking request when the thread that was asked ends, though its process lives', async () => {
    await startWorker({ role: 'controller', name: 'threads' });
    try {
      const guest = await connectHere();
      expect(guest.requestSync({ name: 'SEQ', n: 1 })).toMatchObject({ answer: 2 });
      expectError('ERR_CTRL_IF_PEER_DIED', 'controller died', () => guest.requestSync({ name: 'SEQ', n: 0 }));
    } finally {
      // The thread ended as if it had been killed, and left its socket to the next controller of that name.
      rmSync(join(directory.path, 'threads.sock'), { force: true });
    }
  });

  it.runIf(testsNative)('gives the frames back that a thread had mapped when it ended', async () => {
    const controller = await listen();
    const owner = await connectHere({ memory: { frames: 64 } });
    const { worker, domid } = await startWorker({ role: 'guest', name: 'threads' });
    const frame = owner.memory.allocate();
    owner.memory.grantAccess(frame, domid!);
    await order(worker, { order: 'map', owner: owner.domid, frame });
    expect(owner.memory.isMapped(frame)).toBe(true);
    const closed = once(controller.domains.get(domid!)!, 'close');
    await worker.terminate();
    await closed;
    expect(await owner.reclaimFrames(domid!)).toEqual([frame]);
  });
});

describe('one thread with both ends', () => {
  it.each(['spin', 'adaptive', 'park'] as const)(
    'polls for nothing, since it would wait for itself, when both ends are told to use %s',
    async (idle) => {
      const controller = await listen({ idle });
      const guest = await connectHere({ idle });
      for (let n = 0; n < 100; n++) expect(await guest.request({ name: 'SEQ', n })).toMatchObject({ answer: n + 1 });
      const [domain] = controller.domains.values();
      for (const end of [guest, domain!]) expect(end.stats.idleBudget).toEqual({ answers: 0, requests: 0 });
    },
  );

  it.each([
    ['takes a guest of this process that does not say its thread for itself', undefined, false],
    ['takes a guest that says this thread for itself', threadIdentity().thread, false],
    ['takes a guest that says another thread for one beside', (threadIdentity().thread ?? 0) + 1e6, severalProcessors],
  ])('%s', async (_, thread, polled) => {
    const controller = await listen();
    const arrival = once(controller, 'domain') as Promise<[Domain]>;
    const { pid, startTime } = threadIdentity();
    const name = newPageName();
    const page = createControlPage(name, Buffer.alloc(16, 5), 'file');
    const socket = connect(join(directory.path, 'threads.sock')).resume();
    const present = { announce: 2, page: name, nonce: '05'.repeat(16), pid, startTime: String(startTime), thread };
    socket.write(`${JSON.stringify(present)}\n${JSON.stringify({ ready: true })}\n`);
    const [domain] = await arrival;
    try {
      expect(domain.stats.idleBudget.answers > 0).toBe(polled);
    } finally {
      const closed = once(domain, 'close');
      socket.destroy();
      await closed;
      page.unmap();
    }
  });
});
