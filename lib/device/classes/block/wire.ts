import * as c from '../../../wire/constants.ts';
import type { DeviceWire } from '../../wire.ts';

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['VBD_EXISTS', 'take another vdevice, or detach the disk that has this one'],
  ['VBD_NOT_FOUND', 'name a vdevice that the interface has'],
  ['PHYSDEV_NOT_FOUND', "check that the disk's target exists, and that its backend may open it in that mode"],
]);

/** Block devices, types 1 and 2 (PROTOCOL.md 2.3 to 2.5). */
export const BLOCK: DeviceWire = {
  name: 'block',
  frontend: {
    INTERFACE_STATUS: 'BLKIF_FE_INTERFACE_STATUS',
    DRIVER_STATUS: 'BLKIF_FE_DRIVER_STATUS',
    CONNECT: 'BLKIF_FE_INTERFACE_CONNECT',
    DISCONNECT: 'BLKIF_FE_INTERFACE_DISCONNECT',
    QUERY: 'BLKIF_FE_INTERFACE_QUERY',
  },
  backend: {
    CREATE: 'BLKIF_BE_CREATE',
    DESTROY: 'BLKIF_BE_DESTROY',
    CONNECT: 'BLKIF_BE_CONNECT',
    DISCONNECT: 'BLKIF_BE_DISCONNECT',
    DRIVER_STATUS: 'BLKIF_BE_DRIVER_STATUS',
  },
  backendHandle: 'blkifHandle',
  frameFields: ['shmemFrame'],
  statuses: {
    OKAY: c.BLKIF_BE_STATUS_OKAY,
    ERROR: c.BLKIF_BE_STATUS_ERROR,
    INTERFACE_EXISTS: c.BLKIF_BE_STATUS_INTERFACE_EXISTS,
    INTERFACE_NOT_FOUND: c.BLKIF_BE_STATUS_INTERFACE_NOT_FOUND,
    INTERFACE_CONNECTED: c.BLKIF_BE_STATUS_INTERFACE_CONNECTED,
    VBD_EXISTS: c.BLKIF_BE_STATUS_VBD_EXISTS,
    VBD_NOT_FOUND: c.BLKIF_BE_STATUS_VBD_NOT_FOUND,
    OUT_OF_MEMORY: c.BLKIF_BE_STATUS_OUT_OF_MEMORY,
    PHYSDEV_NOT_FOUND: c.BLKIF_BE_STATUS_PHYSDEV_NOT_FOUND,
    MAPPING_ERROR: c.BLKIF_BE_STATUS_MAPPING_ERROR,
  },
  advice: (status) => ADVICE.get(status),
  connectsOnce: false,
  answersDriverUp: false,
  changedStatus: 'CHANGED',
};
