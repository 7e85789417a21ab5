import type { ChildProcess } from 'node:child_process';
import { type MessagePort, parentPort, type Transferable, type Worker } from 'node:worker_threads';

/** A process or a thread that messages come from. */
type Emitter = NodeJS.Process | Worker | MessagePort | ChildProcess;

/** Messages to and from another process or thread; what comes is kept until it is asked for. */
export class Channel {
  readonly send: (value: unknown, transfer?: readonly Transferable[]) => void;
  readonly #emitter: Emitter;
  readonly #arrived: unknown[] = [];
  readonly #waiting: ((value: unknown) => void)[] = [];

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
    this.send = (value, transfer = []) => {
      if ('postMessage' in emitter) emitter.postMessage(value, transfer);
      else emitter.send!(value as object);
    };
    (emitter as NodeJS.EventEmitter).on('message', this.deliver);
  }

  receive<T>(): Promise<T> {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift() as T);
    return new Promise((resolve) => this.#waiting.push(resolve as (value: unknown) => void));
  }

  /** From now on whoever opened it listens by itself: what is measured may be this very channel. */
  detach(): void {
    (this.#emitter as NodeJS.EventEmitter).off('message', this.deliver);
  }

  /** Puts a message in line for {@link receive}: for who has detached it and hears what was not meant for them. */
  readonly deliver = (value: unknown): void => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#arrived.push(value);
  };
}

/** To whoever started this process or thread. */
export const toStarter = (): Channel => new Channel(parentPort ?? process);
