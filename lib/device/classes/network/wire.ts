import * as c from '../../../wire/constants.ts';
import type { DeviceWire } from '../../wire.ts';

/** The MAC address that means "no address". */
export const NO_MAC = '00:00:00:00:00:00';

/** Network devices, types 3 and 4 (PROTOCOL.md 2.6 to 2.8). */
export const NETWORK: DeviceWire = {
  name: 'network',
  frontend: {
    INTERFACE_STATUS: 'NETIF_FE_INTERFACE_STATUS',
    DRIVER_STATUS: 'NETIF_FE_DRIVER_STATUS',
    CONNECT: 'NETIF_FE_INTERFACE_CONNECT',
    DISCONNECT: 'NETIF_FE_INTERFACE_DISCONNECT',
    QUERY: 'NETIF_FE_INTERFACE_QUERY',
  },
  backend: {
    CREATE: 'NETIF_BE_CREATE',
    DESTROY: 'NETIF_BE_DESTROY',
    CONNECT: 'NETIF_BE_CONNECT',
    DISCONNECT: 'NETIF_BE_DISCONNECT',
    DRIVER_STATUS: 'NETIF_BE_DRIVER_STATUS',
  },
  backendHandle: 'netifHandle',
  frameFields: ['txShmemFrame', 'rxShmemFrame'],
  ownFields: { create: { mac: NO_MAC, beMac: NO_MAC }, status: { mac: NO_MAC } },
  statuses: {
    OKAY: c.NETIF_BE_STATUS_OKAY,
    ERROR: c.NETIF_BE_STATUS_ERROR,
    INTERFACE_EXISTS: c.NETIF_BE_STATUS_INTERFACE_EXISTS,
    INTERFACE_NOT_FOUND: c.NETIF_BE_STATUS_INTERFACE_NOT_FOUND,
    INTERFACE_CONNECTED: c.NETIF_BE_STATUS_INTERFACE_CONNECTED,
    OUT_OF_MEMORY: c.NETIF_BE_STATUS_OUT_OF_MEMORY,
    MAPPING_ERROR: c.NETIF_BE_STATUS_MAPPING_ERROR,
  },
  connectsOnce: true,
  answersDriverUp: true,
  changedStatus: undefined,
};
