/** The payloads of network-device messages. Each line of offsets counts from the start of the payload. */
import { out, pad } from '../fields/field.ts';
import { domid, memory, u16, u32 } from '../fields/numbers.ts';
import { mac } from '../fields/strings.ts';
import { struct } from '../struct.ts';

/**
 * CMSG_NETIF_FE_INTERFACE_STATUS, 18 bytes: handle 0, status 4 (`NETIF_INTERFACE_STATUS_*`), evtchn 8 and mac 10 (only if
 * CONNECTED), domid 16 (the backend's, unless CLOSED).
 */
export const netif_fe_interface_status_t = struct('netif_fe_interface_status_t', {
  handle: u32,
  status: u32,
  evtchn: u16,
  mac,
  domid,
});

/** CMSG_NETIF_FE_DRIVER_STATUS, 8 bytes: status 0 (`NETIF_DRIVER_STATUS_*`), maxHandle 4 (OUT). */
export const netif_fe_driver_status_t = struct('netif_fe_driver_status_t', {
  status: u32,
  /** The driver queries interfaces 0 to this one. */
  maxHandle: out(u32),
});

/** CMSG_NETIF_FE_INTERFACE_CONNECT, 24 bytes: handle 0, txShmemFrame 8, rxShmemFrame 16. */
export const netif_fe_interface_connect_t = struct('netif_fe_interface_connect_t', {
  handle: u32,
  __pad: pad(4),
  txShmemFrame: memory,
  rxShmemFrame: memory,
});

/** CMSG_NETIF_FE_INTERFACE_DISCONNECT, 4 bytes: handle 0. */
export const netif_fe_interface_disconnect_t = struct('netif_fe_interface_disconnect_t', { handle: u32 });

/**
 * CMSG_NETIF_FE_INTERFACE_QUERY, 18 bytes: handle 0, and OUT status 4 (`NETIF_INTERFACE_STATUS_*`), evtchn 8, mac 10,
 * domid 16.
 */
export const netif_fe_interface_query_t = struct('netif_fe_interface_query_t', {
  handle: u32,
  status: out(u32),
  evtchn: out(u16),
  mac: out(mac),
  domid: out(domid),
});

/** CMSG_NETIF_BE_CREATE, 28 bytes: domid 0, netifHandle 4, mac 8, beMac 16, status 24 (OUT). */
export const netif_be_create_t = struct('netif_be_create_t', {
  domid,
  __pad0: pad(2),
  netifHandle: u32,
  mac,
  __pad1: pad(2),
  beMac: mac,
  __pad2: pad(2),
  status: out(u32),
});

/** CMSG_NETIF_BE_DESTROY, 12 bytes: domid 0, netifHandle 4, status 8 (OUT). */
export const netif_be_destroy_t = struct('netif_be_destroy_t', {
  domid,
  __pad: pad(2),
  netifHandle: u32,
  status: out(u32),
});

/** CMSG_NETIF_BE_CREDITLIMIT, 20 bytes: domid 0, netifHandle 4, creditBytes 8 per periodUsec 12 (us), status 16 (OUT). */
export const netif_be_creditlimit_t = struct('netif_be_creditlimit_t', {
  domid,
  __pad0: pad(2),
  netifHandle: u32,
  creditBytes: u32,
  periodUsec: u32,
  status: out(u32),
});

/**
 * CMSG_NETIF_BE_CONNECT, 32 bytes: domid 0, netifHandle 4, txShmemFrame 8, rxShmemFrame 16, evtchn 24 (u16, where block
 * and USB have u32), status 28 (OUT).
 */
export const netif_be_connect_t = struct('netif_be_connect_t', {
  domid,
  __pad0: pad(2),
  netifHandle: u32,
  txShmemFrame: memory,
  rxShmemFrame: memory,
  evtchn: u16,
  __pad1: pad(2),
  status: out(u32),
});

/** CMSG_NETIF_BE_DISCONNECT, 12 bytes: domid 0, netifHandle 4, status 8 (OUT). */
export const netif_be_disconnect_t = struct('netif_be_disconnect_t', {
  domid,
  __pad: pad(2),
  netifHandle: u32,
  status: out(u32),
});

/** CMSG_NETIF_BE_DRIVER_STATUS, 4 bytes: status 0 (`NETIF_DRIVER_STATUS_*`), which the driver sets. */
export const netif_be_driver_status_t = struct('netif_be_driver_status_t', { status: u32 });
