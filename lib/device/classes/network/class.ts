import { randomBytes } from 'node:crypto';
import type { Guest } from '../../../domain/guest.ts';
import type { ClassDevices, DeviceClass } from '../../class.ts';
import type { FrontendContext } from '../../context.ts';
import { backendContext } from '../../guest-context.ts';
import { NetworkBackend } from './backend.ts';
import { NETWORK_BACKEND } from './backend-table.ts';
import { type Credit, credit, handle, type VifConfig, vif, vifOperations } from './config.ts';
import { NetworkFrontend } from './frontend.ts';
import { NETWORK_FRONTEND } from './frontend-table.ts';
import { UNLIMITED_CREDIT } from './token-bucket.ts';
import { creditSetting, vifFields } from './vif.ts';
import { NETWORK } from './wire.ts';

/** A network interface of a domain. */
export interface Vif {
  /** Its MAC address. */
  readonly mac: string;
  /** Its rate limit. Default: no limit. */
  readonly credit?: Credit;
}

/** The class of network interfaces. Each device is an interface of its own. */
export const NETWORK_CLASS = {
  name: 'network',
  noun: 'network interface',
  list: 'vifs',
  item: 'vif',
  config: vif,
  key: handle,
  unique: 'mac',
  ignoreCase: true,
  info: { credit },
  columns: [],
  operations: vifOperations,

  wire: NETWORK,
  tables: [NETWORK_FRONTEND, NETWORK_BACKEND],
  frontend: (context: FrontendContext) => new NetworkFrontend(context),
  backend: (guest: Guest) => new NetworkBackend(backendContext(guest)),

  interfacePer: 'device',
  place: ({ mac = randomMac(), credit }: VifConfig) => ({ mac, ...(credit && { credit }) }),
  describe: ({ mac, credit }) => ({ id: mac, ...(credit && { credit }) }),
  fields: ({ mac }) => vifFields(mac),
  setting: ({ credit }) => credit && limitSetting(credit),
  run: {
    networkLimit: (devices: ClassDevices<Vif>, handle: number, credit: Credit) =>
      devices.change(handle, (device) => ({ ...device, credit }), limitSetting(credit)),
    networkUnlimit: (devices: ClassDevices<Vif>, handle: number) =>
      devices.change(handle, ({ mac }) => ({ mac }), creditSetting({ creditBytes: UNLIMITED_CREDIT, periodUsec: 0 })),
  },
} as const satisfies DeviceClass<Vif, undefined>;

function limitSetting({ bytes, microseconds }: Credit) {
  return creditSetting({ creditBytes: bytes, periodUsec: microseconds });
}

/** An address in Xen's range, 00:16:3e. */
function randomMac(): string {
  const [a, b, c] = randomBytes(3);
  return ['00', '16', '3e', ...[a! & 0x7f, b!, c!].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
