import type { Backend } from '../device/backend/backend.ts';
import type { BackendInterface } from '../device/backend/interface.ts';
import type { DeviceClass } from '../device/class.ts';
import type { Guest } from '../domain/guest.ts';
import { Drivers } from './drivers.ts';
import { hasPattern, writePattern } from './pattern.ts';

/** The backends of ctrl-if's driver domain. Each answers the patterns of its frontends with its own. */
export class DriverBackends {
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #drivers: Drivers;

  /** @param say writes a line to the guest's console */
  constructor(guest: Guest, classes: readonly DeviceClass[], say: (line: string) => void) {
    this.#backends = new Map(classes.map((deviceClass) => [deviceClass.name, deviceClass.backend(guest)]));
    this.#drivers = new Drivers(this.#backends);
    for (const [name, backend] of this.#backends) {
      backend.onNotify = (device) => answerPattern(name, device);
      backend.on('error', (error) => say(`backend: ${(error as Error).message}`));
    }
  }

  /** See {@link Drivers.start}. */
  start(className?: string): Promise<string[]> {
    return this.#drivers.start(className);
  }

  /** See {@link Drivers.stop}. */
  stop(className?: string): Promise<string[]> {
    return this.#drivers.stop(className);
  }

  /** One line a device. */
  describe(): string[] {
    return [...this.#backends].flatMap(([name, backend]) =>
      backend.interfaces.map(({ domid, handle, state }) => `${name} ${handle} ${state} frontend ${domid}`),
    );
  }
}

/** The frontend has notified. If its pattern is there, the backend answers with its own. */
function answerPattern(className: string, device: BackendInterface): void {
  const pattern = { class: className, domid: device.domid, handle: device.handle };
  if (!hasPattern('frontend', pattern, device.frames)) return;
  writePattern('backend', pattern, device.frames);
  device.notify();
}
