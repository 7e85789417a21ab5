/** The answering process of a trial, or the answering thread: started by the front. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { toStarter } from './channel.ts';
import type { Job } from './job.ts';
import { jobOfProgram, pinThisThread } from './peer.ts';
import { loadTransport } from './transports.ts';

const job: Job = isMainThread ? jobOfProgram() : workerData;
// The front is gone, so nobody wants an answer.
if (isMainThread) process.on('disconnect', () => process.exit(0));
else if (job.cpus) pinThisThread(job.cpus[1]);

const channel = toStarter();
const transport = await loadTransport(job.transport);
const spentNs = await transport.back(job, channel);
// A thread's figures are its process's, which the front has.
channel.send({ spentNs: isMainThread ? spentNs : 0 });
parentPort?.unref();
