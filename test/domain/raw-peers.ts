/** Peers that speak the control socket by hand, and so can say anything over it. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { Guest } from '../../lib/index.ts';
import { LineSplitter } from '../../lib/lines.ts';
import { createControlPage } from '../../lib/page/control-page.ts';
import { newPageName } from '../../lib/page/name.ts';
import { processIdentity } from '../../lib/page/process-identity.ts';
import type { Line } from './question-samples.ts';

const open: (() => void)[] = [];

/** To be called at the top of a test file, before `useRuntimeDirectory`, which checks for leftovers. */
export function closeRawPeers(): void {
  afterEach(() => {
    for (const close of open.splice(0)) close();
  });
}

/** One end of a control socket, in the hands of the test. */
export class RawPeer {
  readonly closed: Promise<unknown>;
  readonly #socket: Socket;
  readonly #lines: Line[] = [];
  readonly #waiting: ((line: Line) => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    // A peer that ends the link does so in the middle of what is written to it.
    socket.on('error', () => {});
    this.closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    open.push(() => socket.destroy());
    const splitter = new LineSplitter(10_000);
    socket.on('data', (chunk) => {
      splitter.push(chunk);
      splitter.skip(7);
      for (let line = splitter.next(); line !== undefined; line = splitter.next()) {
        const parsed = JSON.parse(line) as Line;
        const waiting = this.#waiting.shift();
        if (waiting) waiting(parsed);
        else this.#lines.push(parsed);
        splitter.skip(7);
      }
    });
  }

  send(...lines: (Line | string)[]): boolean {
    return this.#socket.write(
      lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join(''),
    );
  }

  /** No line comes after these. */
  end(): void {
    this.#socket.end();
  }

  next(): Promise<Line> {
    const line = this.#lines.shift();
    return line ? Promise.resolve(line) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Asks, and resolves with the answer, which is the next line. */
  async ask(about: string, question: Line, number = 1): Promise<Line> {
    this.send({ ask: number, about, ...question });
    return this.next();
  }

  /** Reads nothing until {@link resume}. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}

/** What a peer sends in one chunk with the line by which it is met, and whether it then hangs up. */
export interface RawEnding {
  further?: (Line | string)[];
  hangsUp?: boolean;
}

/** A peer of the controller `test` that announces a page of that name, which it does not make. */
export async function announcer(directory: string, page: string): Promise<RawPeer> {
  const peer = new RawPeer(connect(join(directory, 'test.sock')));
  const { pid, startTime } = processIdentity();
  peer.send({ announce: 2, page, nonce: '00'.repeat(16), pid, startTime: String(startTime) });
  return peer;
}

/** A guest of the controller `test` whose socket is the test's. */
export async function rawGuest(
  directory: string,
  { further = [], hangsUp = false }: RawEnding = {},
): Promise<RawPeer & { domid: number }> {
  const page = newPageName();
  const mapped = createControlPage(page, Buffer.alloc(16), 'file');
  open.push(() => mapped.unmap());
  const peer = new RawPeer(connect(join(directory, 'test.sock')));
  const { pid, startTime } = processIdentity();
  peer.send(
    { announce: 2, page, nonce: '00'.repeat(16), pid, startTime: String(startTime) },
    { ready: true, memory: { descriptor: 0, device: 0, inode: 0 } },
    ...further,
  );
  if (hangsUp) peer.end();
  const { domid } = await peer.next();
  return Object.assign(peer, { domid: domid as number });
}

/** A real guest, and a controller whose socket is the test's. */
export async function guestOfRawController(
  directory: string,
  options: { memory?: { frames: number }; welcome?: Line; first?: Line | string } & RawEnding = {},
): Promise<{ guest: Guest; controller: RawPeer }> {
  const server = createServer().listen(join(directory, 'raw.sock'));
  try {
    await once(server, 'listening');
    const connection = once(server, 'connection') as Promise<[Socket]>;
    const connected = Guest.connect({ name: 'raw', ...(options.memory && { memory: options.memory }) });
    const controller = new RawPeer((await connection)[0]);
    await controller.next();
    await controller.next();
    const welcome = { welcome: 2, domid: 1, pid: process.pid, startTime: '0', ...options.welcome };
    controller.send(options.first ?? welcome, ...(options.further ?? []));
    if (options.hangsUp) controller.end();
    const guest = await connected;
    open.push(() => void guest.close());
    return { guest, controller };
  } finally {
    server.close();
  }
}
