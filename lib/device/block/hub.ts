import type { CtrlIfError } from '../../errors.ts';
import type { ChannelAllocator } from '../context.ts';
import { type Attachment, DeviceHub } from '../relay/hub.ts';
import type { Relay } from '../relay/relay.ts';
import type { Vbd } from './backend.ts';
import { BLOCK } from './wire.ts';

export interface BlockDeviceOptions {
  readonly vbds?: readonly Vbd[];
}

/** A block device of one frontend: an interface, and the VBDs behind it. */
export class BlockDevice {
  readonly relay: Relay;

  /** @internal */
  constructor(relay: Relay) {
    this.relay = relay;
  }

  /**
   * Adds a VBD; a connected frontend is told CHANGED.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` with the backend's status as `received`: VBD_EXISTS, OUT_OF_MEMORY or
   *   PHYSDEV_NOT_FOUND
   */
  async createVbd(vbd: Vbd): Promise<void> {
    const message = this.relay.toBackend('BLKIF_BE_VBD_CREATE', { ...vbd, readonly: vbd.readonly ? 1 : 0 });
    await this.relay.change(about(vbd.vdevice), message);
  }

  /** Why the backend has not that VBD, where it refused it when the interface was created. */
  refusalOf(vdevice: number): CtrlIfError | undefined {
    return this.relay.refusals.get(about(vdevice));
  }

  /** Removes a VBD, after which its physical device is closed; a connected frontend is told CHANGED. */
  async destroyVbd(vdevice: number): Promise<void> {
    const message = this.relay.toBackend('BLKIF_BE_VBD_DESTROY', { vdevice });
    await this.relay.changeBack(about(vdevice), message);
  }
}

/** The controller's part of all block devices. */
export class BlockHub extends DeviceHub {
  constructor(channels: ChannelAllocator) {
    super(BLOCK, channels);
  }

  /** See {@link DeviceHub.attachDevice}. */
  async attach(where: Attachment, { vbds = [] }: BlockDeviceOptions = {}): Promise<BlockDevice> {
    const add = async (relay: Relay) => {
      for (const vbd of vbds) await new BlockDevice(relay).createVbd(vbd);
    };
    return new BlockDevice(await this.attachDevice(where, {}, add));
  }
}

const about = (vdevice: number): string => `vbd ${vdevice}`;
