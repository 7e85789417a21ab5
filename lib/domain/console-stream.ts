import { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Link } from '../link/link.ts';
import type { Received } from '../link/received.ts';
import { PAYLOAD_BYTES } from '../wire/layout.ts';

/** Bytes kept for a slow reader, as in xend (PROTOCOL.md 2.12). */
const HISTORY_BYTES = 65_536;
/** Console messages in flight at once: half the ring, so that a console without a reader does not block other messages. */
const WINDOW = 4;
const NO_DATA = new Uint8Array(0);

/**
 * One end of a console. Written bytes are sent as CONSOLE_DATA of at most 60 bytes, with at most 4 messages in flight. Received bytes are
 * acknowledged when the reader has room, so that a full reader stops the writer and no byte is dropped (H10).
 */
export class ConsoleStream extends Duplex {
  readonly #link: Link;
  readonly #stopReceiving: () => void;
  /** Messages that came while the reader was full. They are acknowledged when it drains. */
  readonly #held: Received[] = [];
  #underWay = 0;
  readonly #onWindow: (() => void)[] = [];
  #ended = false;
  #failure: Error | undefined;

  /** @internal Streams are made by {@link import('./endpoint.ts').Endpoint.console}. */
  constructor(link: Link) {
    super({ readableHighWaterMark: HISTORY_BYTES, allowHalfOpen: true });
    this.#link = link;
    this.#stopReceiving = link.receiveMessage('CONSOLE_DATA', ({ data }, request) => {
      if (!this.#ended && !this.push(data as Uint8Array)) {
        request.defer();
        this.#held.push(request);
      }
      // Length 0 is the normal acknowledgement of console data.
      return { data: NO_DATA };
    });
    if (link.failure) this.hangUp();
  }

  /** @internal The link has ended: the reader gets its end, and the next write fails. */
  hangUp(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#held.length = 0;
    this.push(null);
  }

  /**
   * Resolves when the peer has acknowledged all bytes written so far.
   *
   * @throws CtrlIfError the error that ended the link, when it ended before
   */
  async delivered(): Promise<void> {
    // A write after the end would fail the whole stream.
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
    // The held messages are acknowledged here. Later ones have no receiver, and the link responds with length 0.
    if (!this.#ended) this._read();
    done(error);
  }

  async #writeAll(chunk: Buffer): Promise<void> {
    for (let offset = 0; offset < chunk.length; offset += PAYLOAD_BYTES) {
      await this.#windowBelow(WINDOW);
      this.#underWay++;
      this.#link
        .request({ name: 'CONSOLE_DATA', data: chunk.subarray(offset, offset + PAYLOAD_BYTES) })
        .catch((error) => {
          // The next write or the end reports the failure, because this message has no caller any more.
          this.#failure ??= error;
        })
        .finally(() => this.#acknowledged());
    }
  }

  #acknowledged(): void {
    this.#underWay--;
    for (const resolve of this.#onWindow.splice(0)) resolve();
  }

  /** Resolves when fewer than `limit` messages are in flight. */
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
