import type { Device, DeviceFields } from '../../manager/device.ts';
import type { Setting } from '../../manager/settings.ts';
import type { CreditLimit } from './token-bucket.ts';
import { NO_MAC } from './wire.ts';

/** The fields of an interface with that MAC address. Without `beMac` the backend takes its default for its own. */
export function vifFields(mac: string, beMac: string = NO_MAC): DeviceFields {
  return { create: { mac, beMac }, status: () => ({ mac }) };
}

/** The setting of a limit for the packets of the frontend, for {@link Device.set}. The frontend gets no status. */
export function creditSetting({ creditBytes, periodUsec }: CreditLimit): Setting {
  return { about: 'credit limit', name: 'NETIF_BE_CREDITLIMIT', fields: { creditBytes, periodUsec } };
}
