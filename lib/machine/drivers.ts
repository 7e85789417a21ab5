/** A frontend or a backend. */
interface Driver {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The frontends or the backends of a guest, which go UP and DOWN together or one by one. Orders run one after the other, because
 * an order from the console may arrive while the guest starts, suspends or resumes. An order for a driver that is there already
 * has no effect.
 */
export class Drivers {
  readonly #drivers: ReadonlyMap<string, Driver>;
  readonly #up = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(drivers: ReadonlyMap<string, Driver>) {
    this.#drivers = drivers;
  }

  /** Takes the driver of `className`, or all, UP. Resolves when the controller has the statuses, with a line for each driver. */
  start(className?: string): Promise<string[]> {
    return this.#forEach(className, async (name, driver) => {
      if (this.#up.has(name)) return;
      await driver.start();
      this.#up.add(name);
    });
  }

  /** Takes the driver of `className`, or all, DOWN. Resolves when they share no frame and no port, with a line for each driver. */
  stop(className?: string): Promise<string[]> {
    return this.#forEach(className, async (name, driver) => {
      if (this.#up.delete(name)) await driver.stop();
    });
  }

  #forEach(className: string | undefined, act: (name: string, driver: Driver) => Promise<void>): Promise<string[]> {
    const turn = this.#turn.then(async () => {
      const lines: string[] = [];
      for (const [name, driver] of this.#drivers) {
        if (className !== undefined && name !== className) continue;
        await act(name, driver);
        lines.push(`${name} ${this.#up.has(name) ? 'UP' : 'DOWN'}`);
      }
      return lines;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
