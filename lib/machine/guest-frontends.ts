import { BlockFrontend } from '../device/classes/block/frontend.ts';
import { NetworkFrontend } from '../device/classes/network/frontend.ts';
import { UsbFrontend } from '../device/classes/usb/frontend.ts';
import type { Frontend } from '../device/frontend/frontend.ts';
import type { FrontendInterface } from '../device/frontend/interface.ts';
import { frontendContext } from '../device/guest-context.ts';
import type { Guest } from '../domain/guest.ts';
import { Drivers } from './drivers.ts';
import type { DeviceClass } from './operations.ts';
import { hasPattern, writePattern } from './pattern.ts';

/** The frontends of the guest that comes with ctrl-if: each connected device gets a pattern and notifies. */
export class GuestFrontends {
  readonly #guest: Guest;
  readonly #frontends: ReadonlyMap<DeviceClass, Frontend>;
  readonly #drivers: Drivers;

  /** `say` is for people. */
  constructor(guest: Guest, say: (line: string) => void) {
    this.#guest = guest;
    const context = frontendContext(guest);
    this.#frontends = new Map<DeviceClass, Frontend>([
      ['block', new BlockFrontend(context)],
      ['network', new NetworkFrontend(context)],
      ['usb', new UsbFrontend(context)],
    ]);
    this.#drivers = new Drivers(this.#frontends);
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

  /** See {@link Drivers.start}. */
  start(of?: DeviceClass): Promise<string[]> {
    return this.#drivers.start(of);
  }

  /** Lets everything go; {@link start} connects it again. See {@link Drivers.stop}. */
  stop(of?: DeviceClass): Promise<string[]> {
    return this.#drivers.stop(of);
  }

  /** Resolves with a line of what it is then: its pages are free. */
  async disconnect(of: DeviceClass, handle: number): Promise<string> {
    const frontend = this.#with(of, handle);
    await frontend.disconnect(handle);
    return describe(of, frontend.find(handle)!);
  }

  /** Resolves with a line of what it is then: its pages are offered. */
  async connect(of: DeviceClass, handle: number): Promise<string> {
    const frontend = this.#with(of, handle);
    await frontend.connect(handle);
    return describe(of, frontend.find(handle)!);
  }

  /** One line a device. */
  describe(): string[] {
    return [...this.#frontends].flatMap(([of, frontend]) => frontend.interfaces.map((each) => describe(of, each)));
  }

  #with(of: DeviceClass, handle: number): Frontend {
    const frontend = this.#frontends.get(of)!;
    if (frontend.find(handle)) return frontend;
    throw new RangeError(`there is no ${of} ${handle}`);
  }

  #notified(of: DeviceClass, each: FrontendInterface): void {
    if (!hasPattern('backend', this.#patternOf(of, each), each.frames)) return;
    const port = each.connection?.port;
    // One that notifies as it is disconnected has nothing to report any more.
    if (port === undefined) return;
    // A controller that is no machine does not want to know.
    this.#guest.controlSocket.ask('device-crossed', { class: of, handle: each.handle, port }).catch(() => {});
  }

  #patternOf(of: DeviceClass, { handle }: FrontendInterface) {
    return { class: of, domid: this.#guest.domid, handle };
  }
}

const describe = (of: DeviceClass, { handle, state, backend }: FrontendInterface): string =>
  `${of} ${handle} ${state} backend ${backend ?? '-'}`;
