/** A frontend or a backend. */
interface Driver {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * The drivers of a guest at one end, which go UP and DOWN together or by themselves. Each does so once, and one order after the
 * other: what is typed may meet a guest that is starting, suspending or coming back.
 */
export class Drivers {
  readonly #drivers: ReadonlyMap<string, Driver>;
  readonly #up = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(drivers: ReadonlyMap<string, Driver>) {
    this.#drivers = drivers;
  }

  /** Those of that class, or all, that are DOWN. Resolves with a line for each when the controller knows. */
  start(className?: string): Promise<string[]> {
    return this.#forEach(className, async (name, driver) => {
      if (this.#up.has(name)) return;
      await driver.start();
      this.#up.add(name);
    });
  }

  /** Those of that class, or all, that are UP: nothing is shared by them any more. Resolves with a line for each. */
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
