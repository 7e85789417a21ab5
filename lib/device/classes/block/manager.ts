import type { CtrlIfError } from '../../../errors.ts';
import type { ChannelAllocator } from '../../context.ts';
import type { Device } from '../../manager/device.ts';
import { type Attachment, DeviceManager } from '../../manager/device-manager.ts';
import type { Vbd } from './backend.ts';
import { BLOCK } from './wire.ts';

export interface BlockDeviceOptions {
  readonly vbds?: readonly Vbd[];
}

/** A block device of one frontend: an interface, and the VBDs behind it. */
export class BlockDevice {
  readonly device: Device;

  /** @internal */
  constructor(device: Device) {
    this.device = device;
  }

  /**
   * Adds a VBD; a connected frontend is told CHANGED.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` with the backend's status as `received`: VBD_EXISTS, OUT_OF_MEMORY or
   *   PHYSDEV_NOT_FOUND
   */
  async createVbd(vbd: Vbd): Promise<void> {
    const message = this.device.toBackend('BLKIF_BE_VBD_CREATE', { ...vbd, readonly: vbd.readonly ? 1 : 0 });
    await this.device.change(about(vbd.vdevice), message);
  }

  /** Why the backend has not that VBD, where it refused it when the interface was created. */
  refusalOf(vdevice: number): CtrlIfError | undefined {
    return this.device.refusals.get(about(vdevice));
  }

  /** Removes a VBD, after which its physical device is closed; a connected frontend is told CHANGED. */
  async destroyVbd(vdevice: number): Promise<void> {
    const message = this.device.toBackend('BLKIF_BE_VBD_DESTROY', { vdevice });
    await this.device.changeBack(about(vdevice), message);
  }
}

/** The controller's part of all block devices. */
export class BlockManager extends DeviceManager {
  constructor(channels: ChannelAllocator) {
    super(BLOCK, channels);
  }

  /** See {@link DeviceManager.attachDevice}. */
  async attach(attachment: Attachment, { vbds = [] }: BlockDeviceOptions = {}): Promise<BlockDevice> {
    const add = async (device: Device) => {
      for (const vbd of vbds) await new BlockDevice(device).createVbd(vbd);
    };
    return new BlockDevice(await this.attachDevice(attachment, {}, add));
  }
}

const about = (vdevice: number): string => `vbd ${vdevice}`;
