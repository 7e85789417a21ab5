import type { DeviceFields } from '../../manager/device.ts';
import type { Setting } from '../../manager/settings.ts';
import type { CreditLimit } from './token-bucket.ts';
import { NO_MAC } from './wire.ts';

/** The fields of an interface with that address; its backend has a default for its own. */
export function vifFields(mac: string, beMac: string = NO_MAC): DeviceFields {
  return { create: { mac, beMac }, status: () => ({ mac }) };
}

/** The limit of what the frontend sends. The frontend is not told. */
export function creditSetting({ creditBytes, periodUsec }: CreditLimit): Setting {
  return { about: 'credit limit', name: 'NETIF_BE_CREDITLIMIT', fields: { creditBytes, periodUsec } };
}
