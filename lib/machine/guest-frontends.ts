import type { DeviceClass } from '../device/class.ts';
import type { Frontend } from '../device/frontend/frontend.ts';
import type { FrontendInterface } from '../device/frontend/interface.ts';
import { frontendContext } from '../device/guest-context.ts';
import type { Guest } from '../domain/guest.ts';
import { Drivers } from './drivers.ts';
import { hasPattern, writePattern } from './pattern.ts';

/** The frontends of ctrl-if's guest. When a device is connected, its frontend writes a pattern into the frames and notifies. */
export class GuestFrontends {
  readonly #guest: Guest;
  readonly #frontends: ReadonlyMap<string, Frontend>;
  readonly #drivers: Drivers;

  /** @param say writes a line to the guest's console */
  constructor(guest: Guest, classes: readonly DeviceClass[], say: (line: string) => void) {
    this.#guest = guest;
    const context = frontendContext(guest);
    this.#frontends = new Map(classes.map((deviceClass) => [deviceClass.name, deviceClass.frontend(context)]));
    this.#drivers = new Drivers(this.#frontends);
    for (const [className, frontend] of this.#frontends) {
      frontend.on('connected', (device) => {
        writePattern('frontend', this.#patternOf(className, device), device.frames);
        device.notify();
      });
      frontend.on('notified', (device) => this.#notified(className, device));
      frontend.on('refused', ({ handle }) => say(`${className} ${handle} was refused`));
      frontend.on('error', (error) => say(`${className}: ${(error as Error).message}`));
    }
  }

  /** See {@link Drivers.start}. */
  start(className?: string): Promise<string[]> {
    return this.#drivers.start(className);
  }

  /** See {@link Drivers.stop}. {@link start} connects the devices again. */
  stop(className?: string): Promise<string[]> {
    return this.#drivers.stop(className);
  }

  /** Disconnects a device and frees its frames. Resolves with a line that describes it. */
  async disconnect(className: string, handle: number): Promise<string> {
    const frontend = this.#with(className, handle);
    await frontend.disconnect(handle);
    return describe(className, frontend.find(handle)!);
  }

  /** Connects a device with newly granted frames. Resolves with a line that describes it. */
  async connect(className: string, handle: number): Promise<string> {
    const frontend = this.#with(className, handle);
    await frontend.connect(handle);
    return describe(className, frontend.find(handle)!);
  }

  /** One line a device. */
  describe(): string[] {
    return [...this.#frontends].flatMap(([className, frontend]) =>
      frontend.interfaces.map((device) => describe(className, device)),
    );
  }

  #with(className: string, handle: number): Frontend {
    const frontend = this.#frontends.get(className)!;
    if (frontend.find(handle)) return frontend;
    throw new RangeError(`there is no ${className} ${handle}`);
  }

  #notified(className: string, device: FrontendInterface): void {
    if (!hasPattern('backend', this.#patternOf(className, device), device.frames)) return;
    const port = device.connection?.port;
    // A device that is being disconnected may still notify.
    if (port === undefined) return;
    // A controller that is not a machine refuses the question.
    this.#guest.controlSocket.ask('device-crossed', { class: className, handle: device.handle, port }).catch(() => {});
  }

  #patternOf(className: string, { handle }: FrontendInterface) {
    return { class: className, domid: this.#guest.domid, handle };
  }
}

const describe = (className: string, { handle, state, backend }: FrontendInterface): string =>
  `${className} ${handle} ${state} backend ${backend ?? '-'}`;
