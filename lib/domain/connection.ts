import type { Socket } from 'node:net';
import { LineSplitter } from '../lines.ts';

/** The byte between lines that stands for the doorbell. */
const DOORBELL = 0x07;
/** One buffer for all connections, because a small buffer keeps a pool of 8 KiB alive. */
const BELL = Buffer.from([DOORBELL]);
/** The longest line, in bytes. A longer one breaks the protocol. */
export const MAX_LINE_BYTES = 4096;
/**
 * The most bytes that may wait for a peer that does not read. Each side has at most 256 open questions (`control-socket.ts`), so
 * two correct sides need at most 2 MiB.
 */
export const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

/** How long a side that has ended waits for the end of the other's half, in milliseconds. A stopped peer does not end its half. */
const LINGER = 1000;

export interface ConnectionEvents {
  onLine(line: Record<string, unknown>): void;
  onDoorbell(): void;
  /** The socket has closed, for any reason. Called once. */
  onClose(): void;
  /** The peer sent something that is neither a line of JSON nor a doorbell. */
  onGarbage(received: string): void;
}

/** Ignores everything that a refused peer still sends. */
export const DEAF: ConnectionEvents = { onDoorbell() {}, onGarbage() {}, onClose() {}, onLine() {} };

/**
 * One end of the control socket, which carries lines of JSON and doorbells. The kernel closes it when the peer dies, so this side learns
 * of the death at once.
 */
export class Connection {
  readonly #socket: Socket;
  /** The callbacks. They may be replaced in the middle of a chunk. */
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
    // A 'close' follows each error, and is enough.
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      if (!this.#paused) this.events.onClose();
    });
  }

  /** Holds back all lines, doorbells and the close, also the rest of the present chunk, until {@link resume}. */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  /** Delivers what {@link pause} held back, and goes on. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#takeLines();
    if (this.#closed) this.events.onClose();
    else this.#socket.resume();
  }

  /** Sets whether the socket keeps the process alive. */
  keepAlive(keep: boolean): void {
    if (keep) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Rings the peer. Returns true, because each ring is a system call. */
  notify(): boolean {
    this.#socket.write(BELL);
    return true;
  }

  /**
   * Resolves with true when the kernel has the line, so that it reaches the peer even if this process dies. Resolves with false when the
   * socket has closed, which `onClose` reports.
   */
  send(line: object): Promise<boolean> {
    return new Promise((resolve) => {
      this.#socket.write(`${JSON.stringify(line)}\n`, (error) => resolve(!error));
    });
  }

  /** As {@link send}, without a result. A peer that asks and does not read the answers breaks the protocol. */
  post(line: object): void {
    const socket = this.#socket;
    socket.write(`${JSON.stringify(line)}\n`);
    if (socket.writableLength <= MOST_UNREAD_BYTES || socket.destroyed) return;
    this.events.onGarbage('questions without end, and read no answer,');
  }

  /** Sends the queued lines and `line`, then closes. */
  end(line?: object): void {
    if (line) this.#socket.end(`${JSON.stringify(line)}\n`);
    else this.#socket.end();
    // A peer that writes to a closed socket cannot read what came before, such as BYE. So this side waits for the end of the peer's half.
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
      // Several doorbells count as one, because the link reads all that is in its rings.
      if (lines.skip(DOORBELL)) this.events.onDoorbell();
      const text = lines.next();
      if (text === undefined) break;
      const line = parse(text);
      if (line) this.events.onLine(line);
      else this.events.onGarbage(JSON.stringify(text.slice(0, 80)));
    }
    if (this.#paused || !lines.isTooLong) return;
    // The bytes that follow are dropped and take no memory.
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
