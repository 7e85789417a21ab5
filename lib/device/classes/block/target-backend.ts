import type { Guest } from '../../../domain/guest.ts';
import { backendContext } from '../../guest-context.ts';
import { BlockBackend, type BlockBackendInterface } from './backend.ts';
import { whyNotServed } from './disk-target.ts';
import type { Vbd } from './vbd.ts';

/** The block backend of the driver domain that comes with ctrl-if. It asks the machine for the path of each disk. */
export class TargetBackend extends BlockBackend {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    super(backendContext(guest));
    this.#guest = guest;
  }

  /** Refuses a target that cannot be served. The reason goes to the machine by a question, since a status has no room for it. */
  override async onVbdCreate(_device: BlockBackendInterface, { pdevice, readonly }: Vbd): Promise<void> {
    const { target } = await this.#guest.controlSocket.ask('disk-target', { pdevice });
    const why = await whyNotServed({ target, mode: readonly ? 'r' : 'w' });
    if (why === undefined) return;
    await this.#guest.controlSocket.ask('disk-refused', { pdevice, why });
    throw new Error(why);
  }
}
