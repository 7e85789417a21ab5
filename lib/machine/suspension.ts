import type { Domain } from '../domain/domain.ts';
import type { DomainDevices } from './domain-devices.ts';

/** How a part of a suspend or of a resume has ended. */
export type SuspensionEvent = 'released' | 'notReleased' | 'resumed' | 'notResumed';

/** What a suspend and a resume do with a domain's devices and its guest. `fire` is told the end of each, before its caller. */
export class Suspension {
  readonly #devices: DomainDevices;
  readonly #fire: (event: SuspensionEvent, error?: unknown) => void;
  #resuming: Promise<void> = Promise.resolve();

  constructor(devices: DomainDevices, fire: (event: SuspensionEvent, error?: unknown) => void) {
    this.#devices = devices;
    this.#fire = fire;
  }

  /** The resume that is under way. */
  get resuming(): Promise<void> {
    return this.#resuming;
  }

  /** The domain's backends let go of its devices. */
  async release(): Promise<void> {
    try {
      await this.#devices.release();
    } catch (error) {
      this.#fire('notReleased', error);
      throw error;
    }
    this.#fire('released');
  }

  /** The domain's devices are attached again, and its guest goes on. */
  resume(link: Domain): Promise<void> {
    this.#resuming = this.#resume(link);
    return this.#resuming;
  }

  async #resume(link: Domain): Promise<void> {
    try {
      await this.#replay(link.domid);
      await link.controlSocket.ask('resume', {});
    } catch (error) {
      this.#fire('notResumed', error);
      throw error;
    }
    this.#fire('resumed');
  }

  async #replay(domid: number): Promise<void> {
    try {
      await this.#devices.replay(domid);
    } catch (error) {
      // As suspended as it was: its backends hold nothing.
      await this.#devices.release();
      throw error;
    }
  }
}
