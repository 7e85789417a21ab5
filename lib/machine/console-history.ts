import { once } from 'node:events';
import { Duplex } from 'node:stream';
import type { Clock } from '../device/clock.ts';
import type { ConsoleStream } from '../domain/console-stream.ts';
import type { ConsoleOptions } from './operations.ts';

/** Kept of what a domain writes while nobody listens, as xend kept it (PROTOCOL.md 2.12); the oldest goes first. */
const HISTORY_BYTES = 65_536;
const SECOND = 1_000_000;

/** Resolves when the guest has answered all that it was sent; rejects where it does not say, or has ended. */
type Answered = () => Promise<unknown>;

/**
 * A domain's console beyond one life of the domain: who listens hears first what was written before, and is not hung up by a
 * reboot. One listener at a time; the next one takes the place of the last, whose stream ends.
 */
export class ConsoleHistory {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #clock: Clock;
  #source: ConsoleStream | undefined;
  #answered: Answered | undefined;
  #listener: Listener | undefined;
  /** Called with each word of the domain. */
  #onHeard: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The console of the domain's next life. */
  connect(source: ConsoleStream, answered: Answered): void {
    this.#source = source;
    this.#answered = answered;
    source.on('data', (chunk: Buffer) => {
      this.#onHeard();
      if (!this.#listener) this.#keep(chunk);
      // A listener who does not read holds up the domain's console and nothing else.
      else if (!this.#listener.push(chunk)) source.pause();
    });
    // What is written to a domain that has gone is lost with it.
    source.on('error', () => {});
    source.on('close', () => {
      if (this.#source === source) this.#source = undefined;
    });
  }

  listen({ linger }: ConsoleOptions = {}): Duplex {
    this.#listener?.hangUp();
    const listener = new Listener({
      resume: () => this.#source?.resume(),
      write: (chunk, done) => (this.#source?.writable ? this.#source.write(chunk, () => done()) : done()),
      finished: () => {
        if (linger !== undefined) void this.#finish(listener, linger);
      },
      gone: () => {
        if (this.#listener !== listener) return;
        this.#listener = undefined;
        this.#source?.resume();
      },
    });
    this.#listener = listener;
    for (const chunk of this.#chunks.splice(0)) listener.push(chunk);
    this.#bytes = 0;
    return listener;
  }

  /** The domain is gone for good. */
  end(): void {
    this.#listener?.hangUp();
    this.#listener = undefined;
  }

  /** Everything was typed: the listener stays for the answers. */
  async #finish(listener: Listener, linger: number): Promise<void> {
    const source = this.#source;
    try {
      await source?.delivered();
      await this.#answered?.();
    } catch {
      await this.#silence(linger);
    }
    // It may be a slow reader.
    while (this.#listener === listener && source && source.readableLength > 0) await once(source, 'data');
    listener.hangUp();
  }

  /** Resolves when nothing has been heard for so many seconds. */
  #silence(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      let cancel = () => {};
      this.#onHeard = () => {
        cancel();
        cancel = this.#clock.after(seconds * SECOND, resolve);
      };
      this.#onHeard();
    });
  }

  #keep(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes > HISTORY_BYTES) {
      const first = this.#chunks[0]!;
      const excess = Math.min(first.length, this.#bytes - HISTORY_BYTES);
      this.#bytes -= excess;
      if (excess === first.length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(excess);
    }
  }
}

interface ListenerEnds {
  resume(): void;
  write(chunk: Buffer, done: () => void): void;
  /** Nothing more is written. */
  finished(): void;
  gone(): void;
}

class Listener extends Duplex {
  readonly #ends: ListenerEnds;

  constructor(ends: ListenerEnds) {
    super({ readableHighWaterMark: HISTORY_BYTES, decodeStrings: true });
    this.#ends = ends;
  }

  hangUp(): void {
    this.#ends.gone();
    this.push(null);
  }

  override _read(): void {
    this.#ends.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#ends.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#ends.finished();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#ends.gone();
    done(error);
  }
}
