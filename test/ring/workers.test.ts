/** Rings between worker threads. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { shmDirectory } from '../../lib/page/name.ts';
import { SabPage } from '../../lib/page/sab-page.ts';
import { ringBytes } from '../../lib/ring/index.ts';
import { testsNative } from '../support/engines.ts';
import { usePages } from '../support/pages.ts';
import { usePeers } from '../support/peer.ts';

const pages = usePages();
const peer = usePeers();
const workers: Worker[] = [];

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

describe('two worker threads over a SharedArrayBuffer', () => {
  it.each([
    { offset: 0, entryBytes: 64, slots: 8 },
    { offset: 64, entryBytes: 32, slots: 256 },
  ])(
    'exchange 100,000 requests and responses over $slots slots of $entryBytes bytes',
    async (geometry) => {
      const total = 100_000;
      const { buffer } = SabPage.create(geometry.offset + ringBytes(geometry));
      const ends = ['front', 'back'].map((role) => {
        const worker = new Worker(new URL('../support/peers/sab-worker.mjs', import.meta.url), {
          workerData: { buffer, role, geometry, total },
        });
        workers.push(worker);
        return once(worker, 'message', { signal: AbortSignal.timeout(40_000) }); // rejects on its `error`, too
      });
      expect((await Promise.all(ends)).map(([end]) => end)).toEqual([
        { role: 'front', count: total },
        { role: 'back', count: total },
      ]);
      const page = new SabPage(buffer);
      expect([page.load32(geometry.offset), page.load32(geometry.offset + 4)]).toEqual([total, total]);
    },
    60_000,
  );
});

describe.runIf(testsNative)('four worker threads with the addon at once', () => {
  it('are terminated while they use it: the process lives, and none of their memory stays mapped', async () => {
    const prefix = `/ctrl-if-test-${randomBytes(6).toString('hex')}`;
    const rounds = 4;
    try {
      const child = peer('native-workers', { rounds, threads: 4, prefix });
      // Mapped while they run: the shared page of this thread and of two workers, and one each of the other two.
      expect(await child.next(60_000)).toEqual({ seen: 5, left: 0 });
      expect(await child.end()).toMatchObject({ code: 0, signal: null, stderr: '' });
    } finally {
      const left = readdirSync(shmDirectory()).filter((entry) => entry.startsWith(prefix.slice(1)));
      for (const entry of left) pages.adopt(`/${entry}`);
      expect(left).toEqual([]);
    }
  }, 90_000);
});
