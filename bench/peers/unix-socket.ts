/** node:net over a Unix socket, frames of 64 bytes: what most people would write. */
import { once } from 'node:events';
import { unlinkSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checker } from './checker.ts';
import { checkEntry, ENTRY_BYTES, EntryPool, sequenceOf } from './entry.ts';
import type { Job } from './job.ts';
import type { Peer, Port } from './peer.ts';
import type { Front } from './transport.ts';
import { WindowFront } from './window.ts';

export async function front(job: Job, peer: Peer): Promise<Front> {
  const socket = connect((await peer.receive()) as string);
  await once(socket, 'connect');
  const pool = new EntryPool();
  const window = new WindowFront(
    job.window,
    (sequence, mark) => socket.write(pool.next(sequence, mark)),
    () => socket.destroy(),
  );
  onFrames(socket, (frame) => window.receive(sequenceOf(frame)));
  return window;
}

export async function back(_job: Job, port: Port): Promise<number> {
  const path = join(process.env.CTRL_IF_RUNTIME_DIR ?? tmpdir(), `bench-${process.pid}.sock`);
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  port.send(path);
  const [socket] = (await once(server, 'connection')) as [Socket];
  unlinkSync(path);
  server.close();
  return new Promise((resolve) => {
    const checker: Checker = new Checker(() => resolve(checker.spentNs));
    onFrames(socket, (frame) => {
      checkEntry(checker, frame);
      socket.write(frame);
    });
  });
}

/** Cuts what arrives into frames, and has what is written for one chunk go out in one system call. */
function onFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    socket.cork();
    for (; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) take(bytes.subarray(at, at + ENTRY_BYTES));
    socket.uncork();
    rest = bytes.subarray(at);
  });
}
