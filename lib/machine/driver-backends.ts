import type { BackendInterface } from '../device/backend/interface.ts';
import { BlockBackend, type BlockBackendInterface, type Vbd } from '../device/classes/block/backend.ts';
import { NetworkBackend, type NetworkBackendInterface } from '../device/classes/network/backend.ts';
import { UsbBackend } from '../device/classes/usb/backend.ts';
import type { BackendContext } from '../device/context.ts';
import { backendContext } from '../device/guest-context.ts';
import type { Guest } from '../domain/guest.ts';
import { whyNotServed } from './disk-target.ts';
import { Drivers } from './drivers.ts';
import type { DeviceClass } from './operations.ts';
import { hasPattern, writePattern } from './pattern.ts';

/** The backends of the driver domain that comes with ctrl-if. */
export class DriverBackends {
  readonly #backends: ReadonlyMap<DeviceClass, PatternBackend>;
  readonly #drivers: Drivers;

  /** `say` is for people. */
  constructor(guest: Guest, say: (line: string) => void) {
    const context = backendContext(guest);
    this.#backends = new Map<DeviceClass, PatternBackend>([
      ['block', new PatternBlockBackend(context, guest)],
      ['network', new PatternNetworkBackend(context)],
      ['usb', new PatternUsbBackend(context)],
    ]);
    this.#drivers = new Drivers(this.#backends);
    for (const backend of this.#backends.values()) {
      backend.on('error', (error) => say(`backend: ${(error as Error).message}`));
    }
  }

  /** See {@link Drivers.start}. */
  start(of?: DeviceClass): Promise<string[]> {
    return this.#drivers.start(of);
  }

  /** See {@link Drivers.stop}. */
  stop(of?: DeviceClass): Promise<string[]> {
    return this.#drivers.stop(of);
  }

  /** One line a device. */
  describe(): string[] {
    return [...this.#backends].flatMap(([of, backend]) =>
      backend.interfaces.map(({ domid, handle, state }) => `${of} ${handle} ${state} frontend ${domid}`),
    );
  }
}

/** The frontend has notified: its pattern is answered with this end's. */
function answerPattern(of: DeviceClass, each: BackendInterface): void {
  const pattern = { class: of, domid: each.domid, handle: each.handle };
  if (!hasPattern('frontend', pattern, each.frames)) return;
  writePattern('backend', pattern, each.frames);
  each.notify();
}

class PatternBlockBackend extends BlockBackend {
  readonly #guest: Guest;

  constructor(context: BackendContext, guest: Guest) {
    super(context);
    this.#guest = guest;
  }

  override onNotify(each: BlockBackendInterface): void {
    answerPattern('block', each);
  }

  /** Refuses a target that cannot be served, and tells the machine why: the status that it gets has no room for that. */
  override async onVbdCreate(_each: BlockBackendInterface, { pdevice, readonly }: Vbd): Promise<void> {
    const { target } = await this.#guest.controlSocket.ask('disk-target', { pdevice });
    const why = await whyNotServed({ target, mode: readonly ? 'r' : 'w' });
    if (why === undefined) return;
    await this.#guest.controlSocket.ask('disk-refused', { pdevice, why });
    throw new Error(why);
  }
}

class PatternNetworkBackend extends NetworkBackend {
  override onNotify(each: NetworkBackendInterface): void {
    answerPattern('network', each);
  }
}

class PatternUsbBackend extends UsbBackend {
  override onNotify(each: BackendInterface): void {
    answerPattern('usb', each);
  }
}

type PatternBackend = PatternBlockBackend | PatternNetworkBackend | PatternUsbBackend;
