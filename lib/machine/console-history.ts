import { once } from 'node:events';
import { Duplex } from 'node:stream';
import type { Clock } from '../device/clock.ts';
import type { ConsoleStream } from '../domain/console-stream.ts';
import type { ConsoleOptions } from './operations.ts';

/** The most that is kept of a domain's output while no listener is there, as in xend (PROTOCOL.md 2.12). The oldest is dropped. */
const HISTORY_BYTES = 65_536;
const SECOND = 1_000_000;

/** Resolves when the guest has answered all its input. Rejects if the guest does not report this, or has ended. */
type Answered = () => Promise<unknown>;

/**
 * The console of a domain over all its lives. A listener first gets the output that was kept, and stays connected over a reboot.
 * There is one listener at a time. A new listener replaces the previous one, whose stream ends.
 */
export class ConsoleHistory {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #clock: Clock;
  #source: ConsoleStream | undefined;
  #answered: Answered | undefined;
  #listener: Listener | undefined;
  /** Called at each output of the domain. */
  #onOutput: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The console of the domain's next life. */
  connect(source: ConsoleStream, answered: Answered): void {
    this.#source = source;
    this.#answered = answered;
    source.on('data', (chunk: Buffer) => {
      this.#onOutput();
      if (!this.#listener) this.#keep(chunk);
      // A listener that does not read delays the domain's console and nothing else.
      else if (!this.#listener.push(chunk)) source.pause();
    });
    // Input of a domain that has ended is lost.
    source.on('error', () => {});
    source.on('close', () => {
      if (this.#source === source) this.#source = undefined;
    });
  }

  /** Replaces the listener, if there is one. With `linger` (seconds), the console ends after the answers to all input. */
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

  /** The domain has ended for good. */
  end(): void {
    this.#listener?.hangUp();
    this.#listener = undefined;
  }

  /** The listener has sent all its input. It stays for the answers. */
  async #finish(listener: Listener, linger: number): Promise<void> {
    const source = this.#source;
    try {
      await source?.delivered();
      await this.#answered?.();
    } catch {
      await this.#silence(linger);
    }
    // The listener may read slowly.
    while (this.#listener === listener && source && source.readableLength > 0) await once(source, 'data');
    listener.hangUp();
  }

  /** Resolves when the domain has written nothing for `seconds`. */
  #silence(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      let cancel = () => {};
      this.#onOutput = () => {
        cancel();
        cancel = this.#clock.after(seconds * SECOND, resolve);
      };
      this.#onOutput();
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
