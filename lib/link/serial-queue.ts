/**
 * Runs jobs one after the other, each when the one before it is done: the original's deferred work queue, in which
 * device messages keep their order among themselves while console, shutdown, memory and VCPU overtake
 * (PROTOCOL.md 1.6). It holds no more than the ring's slots, since each job is an unanswered request.
 */
export class SerialQueue {
  readonly #waiting: (() => unknown)[] = [];
  #busy = false;

  /** A job is under way, so that the next has to wait. */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Runs `job` at once when none is under way, else after those before it. `job` must not throw. When it returns a promise,
   * the next waits until that has settled.
   */
  run(job: () => unknown): void {
    if (this.#busy) {
      this.#waiting.push(job);
      return;
    }
    let next: (() => unknown) | undefined = job;
    while (next) {
      const outcome = next();
      if (outcome instanceof Promise) {
        this.#busy = true;
        outcome.finally(() => {
          this.#busy = false;
          const following = this.#waiting.shift();
          if (following) this.run(following);
        });
        return;
      }
      next = this.#waiting.shift();
    }
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}
