import { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Link } from '../link/link.ts';
import type { Received } from '../link/received.ts';
import { PAYLOAD_BYTES } from '../wire/layout.ts';

/** Bytes kept for a reader who is slow, as xend kept them (PROTOCOL.md 2.12). */
const HISTORY_BYTES = 65_536;
/**
 * Console messages under way at once. Half the ring, so that a reader who does not read holds up the console and nothing
 * else.
 */
const WINDOW = 4;
const NO_DATA = new Uint8Array(0);

/**
 * One end of a console. Written bytes go out as CONSOLE_DATA of at most 60 bytes, a few messages at a time; read bytes
 * are acknowledged when there is room for them, so that a full reader stops the writer and nothing is dropped (H10).
 */
export class ConsoleStream extends Duplex {
  readonly #link: Link;
  readonly #stopReceiving: () => void;
  /** Messages that were read past the reader's fill, acknowledged when it drains. */
  readonly #held: Received[] = [];
  #underWay = 0;
  readonly #onWindow: (() => void)[] = [];
  #ended = false;
  #failure: Error | undefined;

  constructor(link: Link) {
    super({ readableHighWaterMark: HISTORY_BYTES, allowHalfOpen: true });
    this.#link = link;
    this.#stopReceiving = link.receiveMessage('CONSOLE_DATA', ({ data }, request) => {
      if (!this.#ended && !this.push(data as Uint8Array)) {
        request.defer();
        this.#held.push(request);
      }
      // Length 0 is a console's normal acknowledgement.
      return { data: NO_DATA };
    });
    if (link.failure) this.hangUp();
  }

  /** The link is gone: the reader gets its end, the writer an error at the next write. */
  hangUp(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#held.length = 0;
    this.push(null);
  }

  /** Resolves when the other side has taken all that was written; rejects when it never will. */
  async delivered(): Promise<void> {
    // A write after the end would be a failure of the whole stream.
    if (!this.writable) return finished(this, { readable: false });
    await new Promise<void>((resolve, reject) => {
      this.write(NO_DATA, (error) => (error ? reject(error) : resolve()));
    });
    await this.#windowBelow(1);
  }

  override _read(): void {
    for (const request of this.#held.splice(0)) request.respond({ data: NO_DATA });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#writeAll(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#windowBelow(1).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stopReceiving();
    // Whoever still writes gets its acknowledgement from the link's default receiver; those held get theirs here.
    if (!this.#ended) this._read();
    done(error);
  }

  async #writeAll(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += PAYLOAD_BYTES) {
      await this.#windowBelow(WINDOW);
      this.#underWay++;
      this.#link
        .request({ name: 'CONSOLE_DATA', data: chunk.subarray(at, at + PAYLOAD_BYTES) })
        .catch((error) => {
          // Told at the next write or at the end: what was under way when the peer died has no caller left to tell.
          this.#failure ??= error;
        })
        .finally(() => this.#acknowledged());
    }
  }

  #acknowledged(): void {
    this.#underWay--;
    for (const resolve of this.#onWindow.splice(0)) resolve();
  }

  /** Resolves when fewer than `limit` messages are under way. */
  async #windowBelow(limit: number): Promise<void> {
    while (this.#underWay >= limit && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#onWindow.push(resolve);
      });
    }
    const failure = this.#failure ?? this.#link.failure;
    if (failure) throw failure;
  }
}
