/**
 * The payloads of USB messages. Each line of offsets counts from the start of the payload. The comments of eight of these
 * structs in the header give sizes or offsets that no compiler produces (PROTOCOL.md 5.1); the numbers here are those of gcc.
 */
import { USB_PATH_LEN } from '../constants.ts';
import { out, pad } from '../fields/field.ts';
import { domid, memory, u16, u32 } from '../fields/numbers.ts';
import { cString } from '../fields/strings.ts';
import { struct } from '../struct.ts';

/**
 * CMSG_USBIF_FE_INTERFACE_STATUS_CHANGED, 16 bytes (the header's comment says 12): status 0 (`USBIF_INTERFACE_STATUS_*`),
 * evtchn 4 (only if CONNECTED), domid 6 (unless DESTROYED), bandwidth 8 (us per 1 ms frame), numPorts 12.
 */
export const usbif_fe_interface_status_changed_t = struct('usbif_fe_interface_status_changed_t', {
  status: u32,
  evtchn: u16,
  domid,
  bandwidth: u32,
  numPorts: u32,
});

/** CMSG_USBIF_FE_DRIVER_STATUS_CHANGED, 4 bytes: status 0 (`USBIF_DRIVER_STATUS_*`). */
export const usbif_fe_driver_status_changed_t = struct('usbif_fe_driver_status_changed_t', { status: u32 });

/** CMSG_USBIF_FE_INTERFACE_CONNECT, 12 bytes (the header's comment says 16, with the frame at 8): shmemFrame 4. */
export const usbif_fe_interface_connect_t = struct('usbif_fe_interface_connect_t', {
  __pad: pad(4),
  shmemFrame: memory,
});

/** CMSG_USBIF_FE_INTERFACE_DISCONNECT, 0 bytes (the header's comment says 4): an empty struct. */
export const usbif_fe_interface_disconnect_t = struct('usbif_fe_interface_disconnect_t', {});

/** CMSG_USBIF_BE_CREATE, 8 bytes (the header's comment says 12, with status at 8): domid 0, status 4 (OUT). */
export const usbif_be_create_t = struct('usbif_be_create_t', {
  domid,
  __pad: pad(2),
  status: out(u32),
});

/** CMSG_USBIF_BE_DESTROY, 8 bytes (the header's comment says 12, with status at 8): domid 0, status 4 (OUT). */
export const usbif_be_destroy_t = struct('usbif_be_destroy_t', {
  domid,
  __pad: pad(2),
  status: out(u32),
});

/**
 * CMSG_USBIF_BE_CONNECT, 24 bytes (the header's comment says 28, with all but domid 4 further on): domid 0, shmemFrame 4,
 * evtchn 12, bandwidth 16 (us per 1 ms frame, 0 to 900 or 800 depending on the USB version), status 20 (OUT).
 */
export const usbif_be_connect_t = struct('usbif_be_connect_t', {
  domid,
  __pad: pad(2),
  shmemFrame: memory,
  evtchn: u32,
  bandwidth: u32,
  status: out(u32),
});

/** CMSG_USBIF_BE_DISCONNECT, 8 bytes (the header's comment says 12, with status at 8): domid 0, status 4 (OUT). */
export const usbif_be_disconnect_t = struct('usbif_be_disconnect_t', {
  domid,
  __pad: pad(2),
  status: out(u32),
});

/** CMSG_USBIF_BE_DRIVER_STATUS_CHANGED, 4 bytes: status 0 (`USBIF_DRIVER_STATUS_*`), which the driver sets. */
export const usbif_be_driver_status_changed_t = struct('usbif_be_driver_status_changed_t', { status: u32 });

/**
 * CMSG_USBIF_BE_CLAIM_PORT, 26 bytes: domid 0, usbifPort 2 (port of the guest's interface; the header's comment says 6),
 * status 6 (OUT, though the header does not mark it; its comment says 10), path 10 (16 bytes).
 */
export const usbif_be_claim_port_t = struct('usbif_be_claim_port_t', {
  domid,
  usbifPort: u32,
  status: out(u32),
  path: cString(USB_PATH_LEN),
});

/** CMSG_USBIF_BE_RELEASE_PORT, 16 bytes: path 0 (16 bytes). It has no domid and no status, so it can name any domain's port. */
export const usbif_be_release_port_t = struct('usbif_be_release_port_t', { path: cString(USB_PATH_LEN) });
