import * as c from '../../../wire/constants.ts';
import type { DeviceWire } from '../../wire.ts';

/** USB controllers, types 8 and 9: one interface a domain (PROTOCOL.md 2.9, 2.10). */
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
  statuses: {
    OKAY: c.USBIF_BE_STATUS_OKAY,
    ERROR: c.USBIF_BE_STATUS_ERROR,
    INTERFACE_EXISTS: c.USBIF_BE_STATUS_INTERFACE_EXISTS,
    INTERFACE_NOT_FOUND: c.USBIF_BE_STATUS_INTERFACE_NOT_FOUND,
    INTERFACE_CONNECTED: c.USBIF_BE_STATUS_INTERFACE_CONNECTED,
    OUT_OF_MEMORY: c.USBIF_BE_STATUS_OUT_OF_MEMORY,
    MAPPING_ERROR: c.USBIF_BE_STATUS_MAPPING_ERROR,
  },
  connectsOnce: false,
  answersDriverUp: false,
  changedStatus: 'CONNECTED',
};
