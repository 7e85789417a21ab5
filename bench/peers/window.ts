/** A {@link Front} for transports that hand each answer to a callback: sockets, process channels, message ports. */
import { type Mark, NO_MARK, wrongSequence } from './checker.ts';
import type { Front, Streamed } from './transport.ts';

/** Messages between two looks at the clock: a small part of the time that they take. */
const LOOK_AT_CLOCK = 64;

export class WindowFront implements Front {
  readonly #window: number;
  readonly #send: (sequence: number, mark: Mark) => void;
  readonly #close: () => void;
  #sent = 0;
  #expected = 0;
  /** Requests that an answer may still be followed by. */
  #refill = 0;
  #mark: Mark = NO_MARK;
  #onDrained: () => void = () => {};
  #received = 0;
  #look = 0;
  #deadline = 0;
  #ended = 0;

  constructor(window: number, send: (sequence: number, mark: Mark) => void, close: () => void) {
    this.#window = window;
    this.#send = send;
    this.#close = close;
  }

  /** To be called with each answer's sequence number. */
  receive(sequence: number): void {
    if (sequence !== this.#expected) throw wrongSequence('front', this.#expected, sequence);
    this.#expected++;
    this.#received++;
    if (this.#received === this.#look) this.#lookAtClock();
    if (this.#refill > 0) {
      this.#refill--;
      this.#next();
    } else if (this.#expected === this.#sent) {
      this.#onDrained();
    }
  }

  roundTrips(count: number, mark: Mark): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#mark = mark;
      this.#look = 0;
      this.#refill = count - 1;
      this.#next();
    });
  }

  async streamFor(ms: number): Promise<Streamed> {
    const began = performance.now();
    let messages = 0;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      this.#mark = NO_MARK;
      this.#received = 0;
      this.#look = LOOK_AT_CLOCK;
      this.#deadline = began + ms;
      this.#refill = Number.POSITIVE_INFINITY;
      for (let i = 0; i < this.#window; i++) this.#next();
    });
    // Until the deadline was seen; what was then still under way is not counted, nor its time.
    messages = this.#look;
    return { messages, elapsedNs: (this.#ended - began) * 1e6 };
  }

  close(): void {
    this.#close();
  }

  #next(): void {
    this.#send(this.#sent++, this.#mark);
  }

  #lookAtClock(): void {
    this.#ended = performance.now();
    if (this.#ended < this.#deadline) this.#look += LOOK_AT_CLOCK;
    else this.#refill = 0;
  }
}
