/** What another process or thread says, until it is asked for. */
interface Emitter {
  on(event: 'message', listener: (value: unknown) => void): unknown;
  off(event: 'message', listener: (value: unknown) => void): unknown;
}

export class MessageQueue {
  readonly #emitter: Emitter;
  readonly #arrived: unknown[] = [];
  readonly #waiting: ((value: unknown) => void)[] = [];

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
    emitter.on('message', this.deliver);
  }

  receive(): Promise<unknown> {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  detach(): void {
    this.#emitter.off('message', this.deliver);
  }

  readonly deliver = (value: unknown): void => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#arrived.push(value);
  };
}
