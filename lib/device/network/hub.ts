import type { ChannelAllocator } from '../context.ts';
import { type Attachment, DeviceHub } from '../relay/hub.ts';
import type { Relay } from '../relay/relay.ts';
import type { CreditLimit } from '../token-bucket.ts';
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
  readonly relay: Relay;

  /** @internal */
  constructor(relay: Relay) {
    this.relay = relay;
  }

  /** Limits what the frontend sends, from now on and also after a reconnect. The frontend is not told. */
  async setCreditLimit(limit: CreditLimit): Promise<void> {
    const { creditBytes, periodUsec } = limit;
    await this.relay.change('credit limit', this.relay.toBackend('NETIF_BE_CREDITLIMIT', { creditBytes, periodUsec }));
  }
}

/** The controller's part of all network devices. */
export class NetworkHub extends DeviceHub {
  constructor(channels: ChannelAllocator) {
    super(NETWORK, channels);
  }

  /** See {@link DeviceHub.attachDevice}. */
  async attach(where: Attachment, options: NetworkDeviceOptions): Promise<NetworkDevice> {
    const { mac, beMac = '00:00:00:00:00:00', creditLimit } = options;
    const fields = { create: { mac, beMac }, status: () => ({ mac }) };
    const limit = async (relay: Relay) => {
      if (creditLimit) await new NetworkDevice(relay).setCreditLimit(creditLimit);
    };
    return new NetworkDevice(await this.attachDevice(where, fields, limit));
  }
}
