import type { Socket } from 'node:net';
import { LineSplitter } from '../lines.ts';

/** What crosses the socket between lines: one byte, the doorbell. */
const DOORBELL = 0x07;
/** One for all: a small buffer keeps a pool of 8 KiB alive. */
const BELL = Buffer.from([DOORBELL]);
/** Longer than any line of the handshake; a longer line is garbage. */
export const MAX_LINE_BYTES = 4096;
/**
 * What may wait for a peer that does not read. Between honest sides these are the 256 questions that each asks at most before it has
 * answers (`control-socket.ts`): at most 2 MiB.
 */
export const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

/** How long a side that has ended waits for the end of the other's half, in milliseconds. A stopped peer does not end its half. */
const LINGER = 1000;

export interface ConnectionEvents {
  onLine(line: Record<string, unknown>): void;
  onDoorbell(): void;
  /** The socket has ended, in whatever way; called once. */
  onClose(): void;
  /** The peer sent what is neither a line of JSON nor a doorbell. */
  onGarbage(received: string): void;
}

/** For a peer that has been refused: what it still sends is ignored. */
export const DEAF: ConnectionEvents = { onDoorbell() {}, onGarbage() {}, onClose() {}, onLine() {} };

/**
 * The control socket: lines of JSON to meet and to part, doorbells in between. The kernel closes it when the peer
 * dies, which is how a death is known at once.
 */
export class Connection {
  readonly #socket: Socket;
  /** Who is told; another may take over in the middle of a chunk. */
  events: ConnectionEvents;
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  #closed = false;
  #paused = false;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    this.events = events;
    socket.on('data', (chunk) => {
      this.#lines.push(chunk);
      this.#takeLines();
    });
    // An error is followed by 'close', which tells all there is to tell.
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      if (!this.#paused) this.events.onClose();
    });
  }

  /** Holds back whatever comes, the rest of the chunk and the close included, until {@link resume}. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  /** Delivers what has come since {@link pause}, and goes on. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#takeLines();
    if (this.#closed) this.events.onClose();
    else this.#socket.resume();
  }

  /** Whether the socket keeps the process alive. */
  keepAlive(keep: boolean): void {
    if (keep) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Rings the peer. Returns true: that is a system call each time. */
  notify(): boolean {
    this.#socket.write(BELL);
    return true;
  }

  /**
   * Resolves with true when the line is with the kernel, and so reaches the peer whatever becomes of this process. With
   * false when the socket is gone, which its close tells with what it means.
   */
  send(line: object): Promise<boolean> {
    return new Promise((resolve) => {
      this.#socket.write(`${JSON.stringify(line)}\n`, (error) => resolve(!error));
    });
  }

  /** As {@link send}; a socket that is gone tells of it by its close. A peer that asks and never reads breaks the rules. */
  post(line: object): void {
    const socket = this.#socket;
    socket.write(`${JSON.stringify(line)}\n`);
    if (socket.writableLength <= MOST_UNREAD_BYTES || socket.destroyed) return;
    this.events.onGarbage('questions without end, and read no answer,');
  }

  /** Sends what is queued, then closes. */
  end(line?: object): void {
    if (line) this.#socket.end(`${JSON.stringify(line)}\n`);
    else this.#socket.end();
    // A peer that writes to a socket that is gone loses what it has not read, the farewell with it: its half is awaited.
    this.#socket.once('finish', () => {
      const timer = setTimeout(() => this.#socket.destroy(), LINGER).unref();
      this.#socket.once('close', () => clearTimeout(timer));
      this.#socket.once('end', () => this.#socket.destroy());
      if (this.#socket.readableEnded) this.#socket.destroy();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #takeLines(): void {
    const lines = this.#lines;
    while (!this.#paused) {
      // Any number of rings is one: the link looks at its rings and finds whatever there is.
      if (lines.skip(DOORBELL)) this.events.onDoorbell();
      const text = lines.next();
      if (text === undefined) break;
      const line = parse(text);
      if (line) this.events.onLine(line);
      else this.events.onGarbage(JSON.stringify(text.slice(0, 80)));
    }
    if (this.#paused || !lines.isTooLong) return;
    // What follows is heard by nobody, and takes no memory.
    lines.take();
    this.events.onGarbage(`a line of over ${MAX_LINE_BYTES} bytes`);
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
