/** The payloads of block-device messages. Each line of offsets counts from the start of the payload. */
import { alias, out, pad } from '../fields/field.ts';
import { domid, memory, u16, u32 } from '../fields/numbers.ts';
import { struct } from '../struct.ts';

const vdev = alias('blkif_vdev_t', u16);
const pdev = alias('blkif_pdev_t', u32);

/** CMSG_BLKIF_FE_INTERFACE_STATUS, 12 bytes: handle 0, status 4 (`BLKIF_INTERFACE_STATUS_*`), evtchn 8, domid 10. */
export const blkif_fe_interface_status_t = struct('blkif_fe_interface_status_t', {
  handle: u32,
  status: u32,
  /** The backend's port, only when CONNECTED. */
  evtchn: u16,
  /** The backend's domain, unless CLOSED. */
  domid,
});

/** CMSG_BLKIF_FE_DRIVER_STATUS, 8 bytes: status 0 (`BLKIF_DRIVER_STATUS_*`), maxHandle 4 (OUT). */
export const blkif_fe_driver_status_t = struct('blkif_fe_driver_status_t', {
  status: u32,
  /** The driver queries interfaces 0 to this one. */
  maxHandle: out(u32),
});

/** CMSG_BLKIF_FE_INTERFACE_CONNECT, 16 bytes: handle 0, shmemFrame 8. */
export const blkif_fe_interface_connect_t = struct('blkif_fe_interface_connect_t', {
  handle: u32,
  __pad: pad(4),
  shmemFrame: memory,
});

/** CMSG_BLKIF_FE_INTERFACE_DISCONNECT, 4 bytes: handle 0. */
export const blkif_fe_interface_disconnect_t = struct('blkif_fe_interface_disconnect_t', { handle: u32 });

/** CMSG_BLKIF_FE_INTERFACE_QUERY, 12 bytes: handle 0, and OUT status 4 (`BLKIF_INTERFACE_STATUS_*`), evtchn 8, domid 10. */
export const blkif_fe_interface_query_t = struct('blkif_fe_interface_query_t', {
  handle: u32,
  status: out(u32),
  evtchn: out(u16),
  domid: out(domid),
});

/** CMSG_BLKIF_BE_CREATE, 12 bytes: domid 0, blkifHandle 4, status 8 (OUT). */
export const blkif_be_create_t = struct('blkif_be_create_t', {
  domid,
  __pad: pad(2),
  blkifHandle: u32,
  status: out(u32),
});

/** CMSG_BLKIF_BE_DESTROY, 12 bytes: domid 0, blkifHandle 4, status 8 (OUT). */
export const blkif_be_destroy_t = struct('blkif_be_destroy_t', {
  domid,
  __pad: pad(2),
  blkifHandle: u32,
  status: out(u32),
});

/** CMSG_BLKIF_BE_CONNECT, 24 bytes: domid 0, blkifHandle 4, shmemFrame 8, evtchn 16, status 20 (OUT). */
export const blkif_be_connect_t = struct('blkif_be_connect_t', {
  domid,
  __pad: pad(2),
  blkifHandle: u32,
  shmemFrame: memory,
  evtchn: u32,
  status: out(u32),
});

/** CMSG_BLKIF_BE_DISCONNECT, 12 bytes: domid 0, blkifHandle 4, status 8 (OUT). */
export const blkif_be_disconnect_t = struct('blkif_be_disconnect_t', {
  domid,
  __pad: pad(2),
  blkifHandle: u32,
  status: out(u32),
});

/**
 * CMSG_BLKIF_BE_VBD_CREATE, 24 bytes: domid 0, blkifHandle 4, pdevice 8, devHandle 12, vdevice 16, readonly 18 (non-zero:
 * not writable), status 20 (OUT).
 */
export const blkif_be_vbd_create_t = struct('blkif_be_vbd_create_t', {
  domid,
  __pad: pad(2),
  blkifHandle: u32,
  pdevice: pdev,
  devHandle: u32,
  vdevice: vdev,
  readonly: u16,
  status: out(u32),
});

/** CMSG_BLKIF_BE_VBD_DESTROY, 16 bytes: domid 0, blkifHandle 4, vdevice 8, status 12 (OUT). */
export const blkif_be_vbd_destroy_t = struct('blkif_be_vbd_destroy_t', {
  domid,
  __pad0: pad(2),
  blkifHandle: u32,
  vdevice: vdev,
  __pad1: pad(2),
  status: out(u32),
});

/** CMSG_BLKIF_BE_DRIVER_STATUS, 4 bytes: status 0 (`BLKIF_DRIVER_STATUS_*`), which the driver sets. */
export const blkif_be_driver_status_t = struct('blkif_be_driver_status_t', { status: u32 });
