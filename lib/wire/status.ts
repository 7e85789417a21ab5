/** The meaning of a backend's status code: the header's `*_BE_STATUS_ERRORS` tables, PROTOCOL.md 2.2. */
import * as c from './constants.ts';

type Sentences = Readonly<Record<number, string>>;

/** The header's sentences for `BLKIF_BE_STATUS_*`, by code. The sentence of PHYSDEV_NOT_FOUND says "extent", as in the header. */
export const BLKIF_BE_STATUS_ERRORS: Sentences = Object.freeze({
  [c.BLKIF_BE_STATUS_OKAY]: 'Okay',
  [c.BLKIF_BE_STATUS_ERROR]: 'Non-specific error',
  [c.BLKIF_BE_STATUS_INTERFACE_EXISTS]: 'Interface already exists',
  [c.BLKIF_BE_STATUS_INTERFACE_NOT_FOUND]: 'Interface not found',
  [c.BLKIF_BE_STATUS_INTERFACE_CONNECTED]: 'Interface is still connected',
  [c.BLKIF_BE_STATUS_VBD_EXISTS]: 'VBD already exists',
  [c.BLKIF_BE_STATUS_VBD_NOT_FOUND]: 'VBD not found',
  [c.BLKIF_BE_STATUS_OUT_OF_MEMORY]: 'Out of memory',
  [c.BLKIF_BE_STATUS_PHYSDEV_NOT_FOUND]: 'Extent not found for VBD',
  [c.BLKIF_BE_STATUS_MAPPING_ERROR]: 'Could not map domain memory',
});

/** The header's sentences for `NETIF_BE_STATUS_*`, by code. */
export const NETIF_BE_STATUS_ERRORS: Sentences = Object.freeze({
  [c.NETIF_BE_STATUS_OKAY]: 'Okay',
  [c.NETIF_BE_STATUS_ERROR]: 'Non-specific error',
  [c.NETIF_BE_STATUS_INTERFACE_EXISTS]: 'Interface already exists',
  [c.NETIF_BE_STATUS_INTERFACE_NOT_FOUND]: 'Interface not found',
  [c.NETIF_BE_STATUS_INTERFACE_CONNECTED]: 'Interface is still connected',
  [c.NETIF_BE_STATUS_OUT_OF_MEMORY]: 'Out of memory',
  [c.NETIF_BE_STATUS_MAPPING_ERROR]: 'Could not map domain memory',
});

/**
 * The header's sentences for `USBIF_BE_STATUS_*`, by code. The header's own table has seven entries in a row, so that the codes 7
 * and 9 are beyond its end.
 */
export const USBIF_BE_STATUS_ERRORS: Sentences = Object.freeze({
  [c.USBIF_BE_STATUS_OKAY]: 'Okay',
  [c.USBIF_BE_STATUS_ERROR]: 'Non-specific error',
  [c.USBIF_BE_STATUS_INTERFACE_EXISTS]: 'Interface already exists',
  [c.USBIF_BE_STATUS_INTERFACE_NOT_FOUND]: 'Interface not found',
  [c.USBIF_BE_STATUS_INTERFACE_CONNECTED]: 'Interface is still connected',
  [c.USBIF_BE_STATUS_OUT_OF_MEMORY]: 'Out of memory',
  [c.USBIF_BE_STATUS_MAPPING_ERROR]: 'Could not map domain memory',
});

/** A backend status in words: `{ name: 'BLKIF_BE_STATUS_VBD_EXISTS', text: 'VBD already exists' }`. */
export interface BeStatus {
  /** The header's constant. */
  readonly name: string;
  /** The header's sentence. */
  readonly text: string;
}

const BACKENDS = new Map([
  [c.CMSG_BLKIF_BE, statuses('BLKIF_BE_STATUS_', BLKIF_BE_STATUS_ERRORS)],
  [c.CMSG_NETIF_BE, statuses('NETIF_BE_STATUS_', NETIF_BE_STATUS_ERRORS)],
  [c.CMSG_USBIF_BE, statuses('USBIF_BE_STATUS_', USBIF_BE_STATUS_ERRORS)],
]);

function statuses(prefix: string, sentences: Sentences): ReadonlyMap<number, BeStatus> {
  const named = Object.entries(c).filter(([name]) => name.startsWith(prefix));
  return new Map(named.map(([name, code]) => [code, Object.freeze({ name, text: sentences[code] as string })]));
}

/**
 * The header's name and sentence for a backend status.
 *
 * @param type the message type: `CMSG_BLKIF_BE`, `CMSG_NETIF_BE` or `CMSG_USBIF_BE`. The numbers differ: out of memory is 7 for
 *   block and USB devices and 5 for network devices.
 * @param status the `status` field of a response
 * @returns undefined when the header has no such status, or no table for this type
 */
export function describeBeStatus(type: number, status: number): BeStatus | undefined {
  return BACKENDS.get(type)?.get(status);
}
