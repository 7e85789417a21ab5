import type { Guest } from '../../../domain/guest.ts';
import { backendContext } from '../../guest-context.ts';
import { BlockBackend, type BlockBackendInterface } from './backend.ts';
import { whyNotServed } from './disk-target.ts';
import type { Vbd } from './vbd.ts';

/** A block backend that serves targets of its machine: files and devices, by their paths. */
export class TargetBackend extends BlockBackend {
  readonly #guest: Guest;

  constructor(guest: Guest) {
    super(backendContext(guest));
    this.#guest = guest;
  }

  /** Refuses a target that cannot be served, and tells the machine why: the status that it gets has no room for that. */
  override async onVbdCreate(_device: BlockBackendInterface, { pdevice, readonly }: Vbd): Promise<void> {
    const { target } = await this.#guest.controlSocket.ask('disk-target', { pdevice });
    const why = await whyNotServed({ target, mode: readonly ? 'r' : 'w' });
    if (why === undefined) return;
    await this.#guest.controlSocket.ask('disk-refused', { pdevice, why });
    throw new Error(why);
  }
}
