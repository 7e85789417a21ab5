import type { Domain } from '../domain/domain.ts';
import type { DomainDevices } from './domain-devices.ts';

/** The end of a release or of a resume. */
export type SuspensionEvent = 'released' | 'notReleased' | 'resumed' | 'notResumed';

/** The release and the resume of a suspended domain. `fire` gets the end of each before the caller does. */
export class Suspension {
  readonly #devices: DomainDevices;
  readonly #fire: (event: SuspensionEvent, error?: unknown) => void;
  #resuming: Promise<void> = Promise.resolve();

  constructor(devices: DomainDevices, fire: (event: SuspensionEvent, error?: unknown) => void) {
    this.#devices = devices;
    this.#fire = fire;
  }

  /** The resume that was started last. */
  get resuming(): Promise<void> {
    return this.#resuming;
  }

  /** Detaches the domain's devices from their backends. */
  async release(): Promise<void> {
    try {
      await this.#devices.release();
    } catch (error) {
      this.#fire('notReleased', error);
      throw error;
    }
    this.#fire('released');
  }

  /** Attaches the domain's devices again, then asks its guest to resume. */
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
      // The domain stays suspended, so no backend may keep a device.
      await this.#devices.release();
      throw error;
    }
  }
}
