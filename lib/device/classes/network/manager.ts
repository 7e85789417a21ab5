import type { ChannelAllocator } from '../../context.ts';
import type { Device } from '../../manager/device.ts';
import { type Attachment, DeviceManager } from '../../manager/device-manager.ts';
import type { CreditLimit } from './token-bucket.ts';
import { NETWORK } from './wire.ts';

export interface NetworkDeviceOptions {
  /** The frontend's address. */
  readonly mac: string;
  /** The backend's own; it has a default. */
  readonly beMac?: string;
  readonly creditLimit?: CreditLimit;
}

/** A network device of one frontend: one virtual interface. */
export class NetworkDevice {
  readonly device: Device;

  /** @internal */
  constructor(device: Device) {
    this.device = device;
  }

  /** Limits what the frontend sends, from now on and also after a reconnect. The frontend is not told. */
  async setCreditLimit(limit: CreditLimit): Promise<void> {
    const { creditBytes, periodUsec } = limit;
    await this.device.change(
      'credit limit',
      this.device.toBackend('NETIF_BE_CREDITLIMIT', { creditBytes, periodUsec }),
    );
  }
}

/** The controller's part of all network devices. */
export class NetworkManager extends DeviceManager {
  constructor(channels: ChannelAllocator) {
    super(NETWORK, channels);
  }

  /** See {@link DeviceManager.attachDevice}. */
  async attach(attachment: Attachment, options: NetworkDeviceOptions): Promise<NetworkDevice> {
    const { mac, beMac = '00:00:00:00:00:00', creditLimit } = options;
    const fields = { create: { mac, beMac }, status: () => ({ mac }) };
    const limit = async (device: Device) => {
      if (creditLimit) await new NetworkDevice(device).setCreditLimit(creditLimit);
    };
    return new NetworkDevice(await this.attachDevice(attachment, fields, limit));
  }
}
