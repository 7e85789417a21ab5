/** The answering process of a trial, or the answering thread: started by the front. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Job } from './job.ts';
import { MessageQueue } from './message-queue.ts';
import { type Port, pinThisThread } from './peer.ts';
import { loadTransport } from './transport.ts';

const job = (isMainThread ? JSON.parse(process.argv[2] ?? '{}') : workerData) as Job;
if (!isMainThread && job.cpus) pinThisThread(job.cpus[1]);
if (isMainThread) {
  // The front is gone, so nobody wants an answer.
  process.on('disconnect', () => process.exit(0));
}

const queue = new MessageQueue(isMainThread ? process : parentPort!);
const port: Port = {
  send: (value, transfer) => {
    if (isMainThread) process.send!(value);
    else parentPort!.postMessage(value, transfer ?? []);
  },
  receive: () => queue.receive(),
  detach: () => queue.detach(),
};

const transport = await loadTransport(job.transport);
const spentNs = await transport.back(job, port);
port.send({ spentNs });
if (!isMainThread) parentPort!.unref();
