import { BlockFrontend } from '../device/block/frontend.ts';
import type { Frontend } from '../device/frontend/frontend.ts';
import type { FrontendInterface } from '../device/frontend/interface.ts';
import { NetworkFrontend } from '../device/network/frontend.ts';
import { UsbFrontend } from '../device/usb/frontend.ts';
import type { Guest } from '../domain/guest.ts';
import { frontendSurroundings } from './guest-surroundings.ts';
import type { DeviceClass } from './operations.ts';
import { hasPattern, writePattern } from './pattern.ts';

/** The frontends of the guest that comes with ctrl-if: each connected device gets a pattern and notifies. */
export class GuestFrontends {
  readonly #guest: Guest;
  readonly #frontends: ReadonlyMap<DeviceClass, Frontend>;

  /** `say` is for people. */
  constructor(guest: Guest, say: (line: string) => void) {
    this.#guest = guest;
    const surroundings = frontendSurroundings(guest);
    this.#frontends = new Map<DeviceClass, Frontend>([
      ['block', new BlockFrontend(surroundings)],
      ['network', new NetworkFrontend(surroundings)],
      ['usb', new UsbFrontend(surroundings)],
    ]);
    for (const [of, frontend] of this.#frontends) {
      frontend.on('connected', (each) => {
        writePattern('frontend', this.#patternOf(of, each), each.frames);
        each.notify();
      });
      frontend.on('notified', (each) => this.#notified(of, each));
      frontend.on('refused', ({ handle }) => say(`${of} ${handle} was refused`));
      frontend.on('error', (error) => say(`${of}: ${(error as Error).message}`));
    }
  }

  async start(): Promise<void> {
    for (const frontend of this.#frontends.values()) await frontend.start();
  }

  /** Lets everything go; {@link start} connects it again. */
  async stop(): Promise<void> {
    for (const frontend of this.#frontends.values()) await frontend.stop();
  }

  /** One line a device. */
  describe(): string[] {
    return [...this.#frontends].flatMap(([of, frontend]) =>
      frontend.interfaces.map(({ handle, state, backend }) => `${of} ${handle} ${state} backend ${backend ?? '-'}`),
    );
  }

  #notified(of: DeviceClass, each: FrontendInterface): void {
    if (!hasPattern('backend', this.#patternOf(of, each), each.frames)) return;
    const report = { class: of, handle: each.handle, port: each.connection?.port };
    // A controller that is no machine does not want to know.
    this.#guest.side.ask('device-crossed', report).catch(() => {});
  }

  #patternOf(of: DeviceClass, { handle }: FrontendInterface) {
    return { class: of, domid: this.#guest.domid, handle };
  }
}
