// Run under taskset: reports the placement that it sees for its threads.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const dist = new URL('../../../dist/', import.meta.url);
const { threadIdentity } = await import(new URL('page/process-identity.js', dist));
if (isMainThread) {
  const { runsBeside } = await import(new URL('link/wait/processors.js', dist));
  const worker = new Worker(new URL(import.meta.url));
  worker.once('message', async (identity) => {
    process.send({ beside: runsBeside(identity), itself: runsBeside(threadIdentity()) });
    await worker.terminate();
    process.disconnect();
  });
} else {
  parentPort.postMessage(threadIdentity());
  parentPort.on('message', () => {});
}
