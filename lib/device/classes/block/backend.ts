import type { AnyMessage } from '../../../link/codec.ts';
import { Backend, type BackendCall, type BackendOptions, refuseWith } from '../../backend/backend.ts';
import { BackendInterface } from '../../backend/interface.ts';
import { Refusal } from '../../backend/refusal.ts';
import type { BackendContext } from '../../context.ts';
import type { InterfaceId } from '../../wire.ts';
import { BLOCK_BACKEND, type BlockBackendAction, type BlockBackendEvent } from './backend-table.ts';
import type { Vbd } from './vbd.ts';
import { BLOCK } from './wire.ts';

/** A block backend's end of one interface, with its VBDs. */
export class BlockBackendInterface extends BackendInterface {
  readonly #vbds = new Map<number, Vbd>();

  /** The VBDs, by vdevice. */
  get vbds(): ReadonlyMap<number, Vbd> {
    return this.#vbds;
  }

  /** @internal */
  addVbd(vbd: Vbd): void {
    this.#vbds.set(vbd.vdevice, vbd);
  }

  /** @internal */
  removeVbd(vdevice: number): void {
    this.#vbds.delete(vdevice);
  }
}

/** Limits of a {@link BlockBackend}. */
export interface BlockBackendOptions extends BackendOptions {
  /** The maximum number of VBDs of one interface. The next VBD_CREATE is answered OUT_OF_MEMORY. Default 256, as many as one PROBE returns. */
  maxVbds?: number;
}

/** A block backend. Extend it for a data path: see {@link Backend} for the pages, and open a VBD's physical device in `onVbdCreate`. */
export class BlockBackend extends Backend<BlockBackendInterface, BlockBackendEvent, BlockBackendAction> {
  readonly #maxVbds: number;

  /** The block backend of a driver domain: pass `backendContext(guest)`. */
  constructor(context: BackendContext, options: BlockBackendOptions = {}) {
    super(BLOCK, BLOCK_BACKEND, context, options);
    this.#maxVbds = options.maxVbds ?? 256;
  }

  /** Opens the physical device. An error is answered PHYSDEV_NOT_FOUND. */
  onVbdCreate(_interface: BlockBackendInterface, _vbd: Vbd): void | Promise<void> {}
  /** Closes the physical device. The VBD or its interface is being destroyed. */
  onVbdDestroy(_interface: BlockBackendInterface, _vbd: Vbd): void | Promise<void> {}

  /** Closes the remaining VBDs. A backend that overrides it must call it. */
  override async onDestroy(device: BlockBackendInterface): Promise<void> {
    for (const vbd of device.vbds.values()) await this.#close(device, vbd);
  }

  protected override messages(): { readonly [event: string]: string } {
    return { ...super.messages(), VBD_CREATE: 'BLKIF_BE_VBD_CREATE', VBD_DESTROY: 'BLKIF_BE_VBD_DESTROY' };
  }

  protected override newInterface(id: InterfaceId): BlockBackendInterface {
    return new BlockBackendInterface(id);
  }

  protected override readonly ownActions = {
    findNoVbd: (call: BackendCall<BlockBackendInterface>) => {
      if (vbdOf(call)) throw new Refusal('VBD_EXISTS');
    },
    allocateVbd: ({ interface: { vbds } }: BackendCall<BlockBackendInterface>) => {
      if (vbds.size >= this.#maxVbds) throw new Refusal('OUT_OF_MEMORY');
    },
    openVbd: async ({ interface: device, message }: BackendCall<BlockBackendInterface>) => {
      const vbd = readVbd(message);
      await refuseWith('PHYSDEV_NOT_FOUND', () => this.onVbdCreate(device, vbd));
      device.addVbd(vbd);
    },
    findVbd: (call: BackendCall<BlockBackendInterface>) => {
      if (!vbdOf(call)) throw new Refusal('VBD_NOT_FOUND');
    },
    closeVbd: (call: BackendCall<BlockBackendInterface>) => this.#close(call.interface, vbdOf(call)!),
  };

  async #close(device: BlockBackendInterface, vbd: Vbd): Promise<void> {
    device.removeVbd(vbd.vdevice);
    await this.onVbdDestroy(device, vbd);
  }
}

const vbdOf = ({ interface: { vbds }, message }: BackendCall<BlockBackendInterface>): Vbd | undefined =>
  vbds.get(message.vdevice as number);

const readVbd = ({ vdevice, pdevice, devHandle, readonly }: AnyMessage): Vbd => ({
  vdevice: vdevice as number,
  pdevice: pdevice as number,
  devHandle: devHandle as number,
  // All 16 bits count. The original stored 8 of them, so 0x100 became writable.
  readonly: readonly !== 0,
});
