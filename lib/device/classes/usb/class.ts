import type { Guest } from '../../../domain/guest.ts';
import type { DeviceClass } from '../../class.ts';
import type { FrontendContext } from '../../context.ts';
import { backendContext } from '../../guest-context.ts';
import { UsbBackend } from './backend.ts';
import { USB_BACKEND, USB_REFUSALS } from './backend-table.ts';
import { type UsbConfig, usb } from './config.ts';
import { UsbFrontend } from './frontend.ts';
import { USB_FRONTEND } from './frontend-table.ts';
import { controllerFields, type PortClaim, portSetting } from './port-claim.ts';
import { USB_PORT } from './port-table.ts';
import { USB } from './wire.ts';

/** The class of USB ports: one controller for each domain, with host ports. */
export const USB_CLASS = {
  name: 'usb',
  noun: 'USB port',
  list: 'usbs',
  item: 'usb',
  config: usb,
  key: { name: 'path', schema: usb.properties.path },
  unique: 'path',
  ignoreCase: false,
  info: {
    port: { type: 'integer', minimum: 0, description: "Of a USB port: its number on the domain's virtual controller." },
  },
  columns: [],
  operations: {},

  wire: USB,
  tables: [USB_FRONTEND, USB_BACKEND, USB_PORT],
  hooks: [['onPlugged', 'a device is in a claimed port', 'take the device; `onUnplugged` gives it back']],
  refusals: USB_REFUSALS,
  frontend: (context: FrontendContext) => new UsbFrontend(context),
  backend: (guest: Guest) => new UsbBackend(backendContext(guest)),

  interfacePer: 'backend',
  taken: { within: 'backend', message: 'USBIF_BE_CLAIM_PORT', status: 'ERROR' },
  place: ({ path }: UsbConfig, others) => ({ path, usbifPort: freePort(others) }),
  keyOf: ({ path }) => path,
  describe: ({ path, usbifPort }) => ({ id: path, port: usbifPort }),
  fields: () => controllerFields(),
  setting: portSetting,
} as const satisfies DeviceClass<PortClaim, undefined>;

function freePort(claims: readonly PortClaim[]): number {
  const taken = new Set(claims.map(({ usbifPort }) => usbifPort));
  let port = 0;
  while (taken.has(port)) port++;
  return port;
}
