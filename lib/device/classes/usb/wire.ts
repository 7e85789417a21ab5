import * as c from '../../../wire/constants.ts';
import type { DeviceWire } from '../../wire.ts';

/** The default microseconds of each 1 ms frame for isochronous and interrupt transfers, as in the original. */
export const BANDWIDTH = 500;

const CLAIMED = 'take another path or port number, or detach the port that has it';

/** USB controllers, types 8 and 9. A domain has one interface (PROTOCOL.md 2.9, 2.10). */
export const USB: DeviceWire = {
  name: 'usb',
  frontend: {
    INTERFACE_STATUS: 'USBIF_FE_INTERFACE_STATUS_CHANGED',
    DRIVER_STATUS: 'USBIF_FE_DRIVER_STATUS_CHANGED',
    CONNECT: 'USBIF_FE_INTERFACE_CONNECT',
    DISCONNECT: 'USBIF_FE_INTERFACE_DISCONNECT',
  },
  backend: {
    CREATE: 'USBIF_BE_CREATE',
    DESTROY: 'USBIF_BE_DESTROY',
    CONNECT: 'USBIF_BE_CONNECT',
    DISCONNECT: 'USBIF_BE_DISCONNECT',
    DRIVER_STATUS: 'USBIF_BE_DRIVER_STATUS_CHANGED',
  },
  frameFields: ['shmemFrame'],
  ownFields: { connect: { bandwidth: BANDWIDTH }, status: { bandwidth: 0, numPorts: 0 } },
  statuses: {
    OKAY: c.USBIF_BE_STATUS_OKAY,
    ERROR: c.USBIF_BE_STATUS_ERROR,
    INTERFACE_EXISTS: c.USBIF_BE_STATUS_INTERFACE_EXISTS,
    INTERFACE_NOT_FOUND: c.USBIF_BE_STATUS_INTERFACE_NOT_FOUND,
    INTERFACE_CONNECTED: c.USBIF_BE_STATUS_INTERFACE_CONNECTED,
    OUT_OF_MEMORY: c.USBIF_BE_STATUS_OUT_OF_MEMORY,
    MAPPING_ERROR: c.USBIF_BE_STATUS_MAPPING_ERROR,
  },
  advice: (status, message) => (status === 'ERROR' && message === 'USBIF_BE_CLAIM_PORT' ? CLAIMED : undefined),
  statusNames: { CLOSED: 'DESTROYED' },
  connectsOnce: false,
  answersDriverUp: false,
  changedStatus: 'CONNECTED',
};
