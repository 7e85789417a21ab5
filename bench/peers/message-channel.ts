/** A MessageChannel between worker threads: the message is cloned, as it is when nothing is transferred. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Channel } from './channel.ts';
import { entryFormat } from './entry.ts';
import type { Job } from './job.ts';
import type { Peer } from './peer.ts';
import type { Front } from './transport.ts';
import { type Pipe, serve, WindowFront } from './window.ts';

const pipeOf = (port: MessagePort): Pipe<Uint8Array> => ({
  format: entryFormat(),
  send: (entry) => port.postMessage(entry),
  listen: (take) => port.on('message', take),
  close: () => port.close(),
});

export async function front(_job: Job, peer: Peer): Promise<Front> {
  const { port1, port2 } = new MessageChannel();
  peer.send(port2, [port2]);
  return new WindowFront(pipeOf(port1));
}

export async function back(_job: Job, starter: Channel): Promise<number> {
  return serve(pipeOf(await starter.receive<MessagePort>()));
}
