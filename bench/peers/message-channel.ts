/** A MessageChannel between worker threads: the message is cloned, as it is when nothing is transferred. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Checker } from './checker.ts';
import { checkEntry, EntryPool, sequenceOf } from './entry.ts';
import type { Job } from './job.ts';
import type { Peer, Port } from './peer.ts';
import type { Front } from './transport.ts';
import { WindowFront } from './window.ts';

export async function front(job: Job, peer: Peer): Promise<Front> {
  const { port1, port2 } = new MessageChannel();
  peer.send(port2, [port2]);
  await peer.receive();
  const pool = new EntryPool();
  const window = new WindowFront(
    job.window,
    (sequence, mark) => port1.postMessage(pool.next(sequence, mark)),
    () => port1.close(),
  );
  port1.on('message', (entry: Uint8Array) => window.receive(sequenceOf(entry)));
  return window;
}

export async function back(_job: Job, control: Port): Promise<number> {
  const port = (await control.receive()) as MessagePort;
  return new Promise((resolve) => {
    const checker: Checker = new Checker(() => setImmediate(() => resolve(0)));
    port.on('message', (entry: Uint8Array) => {
      checkEntry(checker, entry);
      port.postMessage(entry);
    });
    control.send('ready');
  });
}
