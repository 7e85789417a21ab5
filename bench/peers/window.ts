/** Transports that hand each message to a callback: sockets, process channels, message ports. */
import { Checker, type Mark, NO_MARK, wrongSequence } from './checker.ts';
import type { Format } from './entry.ts';
import { WINDOW } from './job.ts';
import type { Front, Streamed } from './transport.ts';

/** One end of such a transport. */
export interface Pipe<T> {
  readonly format: Format<T>;
  send(message: T): void;
  /** From now on each message that comes goes to `take`. */
  listen(take: (message: T) => void): void;
  close?(): void;
}

/** Echoes what comes, until it has answered STOP; resolves with the CPU time that it spent between BEGIN and END. */
export function serve<T>({ format, ...pipe }: Pipe<T>): Promise<number> {
  return new Promise((resolve) => {
    // One turn later STOP's answer is on its way.
    const checker: Checker = new Checker(() => setImmediate(() => resolve(checker.spentNs)));
    pipe.listen((message) => {
      checker.take(format.sequenceOf(message), format.markOf(message));
      pipe.send(message);
    });
  });
}

/** Messages between two looks at the clock: a small part of the time that they take. */
const LOOK_AT_CLOCK = 64;

export class WindowFront<T> implements Front {
  readonly #pipe: Pipe<T>;
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

  constructor(pipe: Pipe<T>) {
    this.#pipe = pipe;
    pipe.listen((message) => this.#receive(pipe.format.sequenceOf(message)));
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
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      this.#mark = NO_MARK;
      this.#received = 0;
      this.#look = LOOK_AT_CLOCK;
      this.#deadline = began + ms;
      this.#refill = Number.POSITIVE_INFINITY;
      for (let i = 0; i < WINDOW; i++) this.#next();
    });
    // Until the deadline was seen; what was then still under way is not counted, nor its time.
    return { messages: this.#look, elapsedNs: (this.#ended - began) * 1e6 };
  }

  close(): void {
    this.#pipe.close?.();
  }

  #receive(sequence: number): void {
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

  #next(): void {
    this.#pipe.send(this.#pipe.format.message(this.#sent++, this.#mark));
  }

  #lookAtClock(): void {
    this.#ended = performance.now();
    if (this.#ended < this.#deadline) this.#look += LOOK_AT_CLOCK;
    else this.#refill = 0;
  }
}
