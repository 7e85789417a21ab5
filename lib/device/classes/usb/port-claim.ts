import type { Device, DeviceFields } from '../../manager/device.ts';
import type { Setting } from '../../manager/settings.ts';
import { BANDWIDTH } from './wire.ts';

/** A host port for a domain. */
export interface PortClaim {
  /** In the host's style, at most 16 bytes: `1-1.2`. */
  readonly path: string;
  /** The port on the domain's virtual root hub. */
  readonly usbifPort: number;
}

/**
 * A claim as its backend is told of it; a connected frontend is told CONNECTED again, with the new number of ports. The backend may
 * answer ERROR, where path or port is taken, and OUT_OF_MEMORY, and "not understood" to the release of a port that nobody has.
 */
export function portSetting({ path, usbifPort }: PortClaim): Setting {
  return {
    about: `port ${path}`,
    name: 'USBIF_BE_CLAIM_PORT',
    fields: { path, usbifPort },
    undo: { name: 'USBIF_BE_RELEASE_PORT', fields: { path } },
  };
}

/** The fields of a USB controller; `bandwidth` is in microseconds of each 1 ms frame, for isochronous and interrupt transfers. */
export function controllerFields(bandwidth: number = BANDWIDTH): DeviceFields {
  return { connect: { bandwidth }, status: (device) => ({ bandwidth, numPorts: numPortsOf(device) }) };
}

/** Ports are polled up to this number: the highest, not how many (PROTOCOL.md 3.9). */
function numPortsOf({ settings, refusals }: Device): number {
  const claimed = [...settings].filter(([port]) => !refusals.has(port));
  return Math.max(0, ...claimed.map(([, { fields }]) => (fields.usbifPort as number) + 1));
}
