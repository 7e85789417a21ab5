/** Who can be waited for by polling: the threads that run at the same time as this one. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { runsBeside } from '../../../lib/link/wait/processors.ts';
import { isAlive, isSameThread, threadIdentity } from '../../../lib/page/process-identity.ts';
import { usePeers } from '../../support/peer.ts';

const peer = usePeers();
const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

const SAY_THREAD = `require('worker_threads').parentPort.postMessage(
  Number(require('fs').readlinkSync('/proc/thread-self').split('/').at(-1)));
require('worker_threads').parentPort.on('message', () => {});`;

async function otherThread() {
  const worker = new Worker(SAY_THREAD, { eval: true });
  workers.push(worker);
  const [thread] = (await once(worker, 'message')) as [number];
  return { worker, identity: { ...threadIdentity(), thread } };
}

const hasTaskset = spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;

describe('a peer', () => {
  it('does not run beside when it is this thread, or a thread of this process that it does not name', () => {
    const here = threadIdentity();
    expect(here.thread).toBeGreaterThan(0);
    expect(runsBeside(here)).toBe(false);
    expect(runsBeside({ ...here, thread: undefined })).toBe(false);
    expect(runsBeside({ ...here, startTime: 0n })).toBe(false);
  });

  it('runs beside as another thread of this process where there are processors for both', async () => {
    const { identity } = await otherThread();
    expect(isSameThread(threadIdentity(), identity)).toBe(false);
    expect(runsBeside(identity)).toBe(availableParallelism() > 1);
  });

  it('is another one when it has this pid and another start, as in another PID namespace', () => {
    const { pid, startTime } = threadIdentity();
    expect(isSameThread(threadIdentity(), { pid, startTime: startTime + 1n })).toBe(false);
  });

  it.runIf(hasTaskset)('does not run beside when both threads may use one and the same processor only', async () => {
    const child = peer('pinned-threads', {}, { under: ['taskset', '-c', '0'] });
    expect(await child.next()).toEqual({ beside: false, itself: false });
    expect(await child.end()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a thread', () => {
  it('is alive until it ends, and its process for longer', async () => {
    const { worker, identity } = await otherThread();
    expect(isAlive(identity)).toBe(true);
    await worker.terminate();
    // The thread itself ends a moment after it has said so.
    const deadline = performance.now() + 5000;
    while (isAlive(identity) && performance.now() < deadline) await new Promise(setImmediate);
    expect(isAlive(identity)).toBe(false);
    expect(isAlive(threadIdentity())).toBe(true);
  });
});
