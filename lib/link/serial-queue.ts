/**
 * Runs jobs one after the other, as the original's deferred work queue does: device messages keep their order, and console,
 * shutdown, memory and VCPU messages overtake them (PROTOCOL.md 1.6). A job is an unanswered request, so the queue never has more
 * jobs than the ring has slots.
 */
export class SerialQueue {
  readonly #waiting: (() => unknown)[] = [];
  #busy = false;

  /** Whether a job runs, so that the next has to wait. */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Runs `job` at once, or after the jobs before it. `job` must not throw. When it returns a promise, the next job waits until the
   * promise has settled.
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

  /** Drops the waiting jobs. */
  clear(): void {
    this.#waiting.length = 0;
  }
}
