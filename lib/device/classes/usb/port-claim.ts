import type { Device, DeviceFields } from '../../manager/device.ts';
import type { Setting } from '../../manager/settings.ts';
import { BANDWIDTH } from './wire.ts';

/** A claim of a host port for a domain. */
export interface PortClaim {
  /** The path of the host port, such as `1-1.2`: 1 to 15 bytes of ASCII. */
  readonly path: string;
  /** The number of the port on the domain's virtual controller, from 0. */
  readonly usbifPort: number;
}

/**
 * The setting of a claim, for {@link Device.set}. A connected frontend gets CONNECTED again, with the new `numPorts`. The backend may refuse
 * the claim with ERROR, when path or number is taken, or OUT_OF_MEMORY. It answers "not understood" to the release of an unclaimed port.
 */
export function portSetting({ path, usbifPort }: PortClaim): Setting {
  return {
    about: `port ${path}`,
    name: 'USBIF_BE_CLAIM_PORT',
    fields: { path, usbifPort },
    undo: { name: 'USBIF_BE_RELEASE_PORT', fields: { path } },
  };
}

/** The fields of a USB controller. `bandwidth`: the microseconds of each 1 ms frame for isochronous and interrupt transfers. Default 500. */
export function controllerFields(bandwidth: number = BANDWIDTH): DeviceFields {
  return { connect: { bandwidth }, status: (device) => ({ bandwidth, numPorts: numPortsOf(device) }) };
}

/** The frontend polls all ports below this number, so it is the highest port plus 1 (PROTOCOL.md 3.9). */
function numPortsOf({ settings, refusals }: Device): number {
  const claimed = [...settings].filter(([port]) => !refusals.has(port));
  return Math.max(0, ...claimed.map(([, { fields }]) => (fields.usbifPort as number) + 1));
}
