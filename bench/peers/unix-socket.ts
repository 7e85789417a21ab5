/** node:net over a Unix socket, frames of 64 bytes: what most people would write. */
import { once } from 'node:events';
import { unlinkSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { Channel } from './channel.ts';
import { ENTRY_BYTES, entryFormat } from './entry.ts';
import type { Job } from './job.ts';
import type { Peer } from './peer.ts';
import { socketPath } from './socket-path.ts';
import type { Front } from './transport.ts';
import { type Pipe, serve, WindowFront } from './window.ts';

export async function front(_job: Job, peer: Peer): Promise<Front> {
  const socket = connect(await peer.receive<string>());
  await once(socket, 'connect');
  return new WindowFront(pipeOf(socket));
}

export async function back(_job: Job, starter: Channel): Promise<number> {
  const path = socketPath();
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  starter.send(path);
  const [socket] = (await once(server, 'connection')) as [Socket];
  unlinkSync(path);
  server.close();
  return serve(pipeOf(socket));
}

const pipeOf = (socket: Socket): Pipe<Uint8Array> => ({
  format: entryFormat(),
  send: (entry) => socket.write(entry),
  /** Cuts what arrives into frames, and has what is written for one chunk go out in one system call. */
  listen(take) {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      let at = 0;
      socket.cork();
      for (; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) take(bytes.subarray(at, at + ENTRY_BYTES));
      socket.uncork();
      rest = bytes.subarray(at);
    });
  },
  close: () => socket.destroy(),
});
