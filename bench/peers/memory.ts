/** What memory this process takes, without what is only waiting to be collected. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Memory {
  /** Resident, shared pages and all. */
  rss: number;
  /** JavaScript objects, array buffers, and what the addon has told V8 of. */
  heap: number;
}

/** Needs `--expose-gc`. */
export async function memoryNow(): Promise<Memory> {
  // Finalizers run after a collection, and what they release goes with the next.
  for (let i = 0; i < 3; i++) {
    globalThis.gc!();
    await sleep(5);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}
