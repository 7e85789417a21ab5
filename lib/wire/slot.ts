/** The four header bytes of a slot, and the response that has only those. Offsets: PROTOCOL.md 1.1. */
import { badValue, shortBuffer } from './errors.ts';
import { HEADER_BYTES, ID_OFFSET, LENGTH_OFFSET, MESSAGE_BYTES, SUBTYPE_OFFSET, TYPE_OFFSET } from './layout.ts';

/** Checks that `buffer` has `needed` bytes from byte `offset` on. */
export function ensureRoom(field: 'slot' | 'target', buffer: Uint8Array, offset: number, needed: number): void {
  if (!(buffer instanceof Uint8Array)) throw badValue(field, field, undefined, 'a Uint8Array', buffer);
  if (offset >>> 0 !== offset)
    throw badValue(field, 'offset', undefined, 'an offset in bytes, an integer of 0 or more', offset);
  if (offset + needed > buffer.length) throw shortBuffer(field, needed, Math.max(buffer.length - offset, 0));
}

function readHeader(slot: Uint8Array, offset: number, headerOffset: number): number {
  ensureRoom('slot', slot, offset, HEADER_BYTES);
  return slot[offset + headerOffset]!;
}

/**
 * The `type` of the slot at byte `offset`, 0 to 255.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_SHORT_BUFFER` when fewer than 4 bytes follow
 */
export const slotType = (slot: Uint8Array, offset = 0): number => readHeader(slot, offset, TYPE_OFFSET);

/**
 * The `subtype` of the slot at byte `offset`, 0 to 255.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_SHORT_BUFFER` when fewer than 4 bytes follow
 */
export const slotSubtype = (slot: Uint8Array, offset = 0): number => readHeader(slot, offset, SUBTYPE_OFFSET);

/**
 * The `id` of the slot at byte `offset`, 0 to 255.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_SHORT_BUFFER` when fewer than 4 bytes follow
 */
export const slotId = (slot: Uint8Array, offset = 0): number => readHeader(slot, offset, ID_OFFSET);

/**
 * The `length` of the slot at byte `offset`, unchecked: 0 to 255.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_SHORT_BUFFER` when fewer than 4 bytes follow
 */
export const slotLength = (slot: Uint8Array, offset = 0): number => readHeader(slot, offset, LENGTH_OFFSET);

/** Checks an argument that becomes a byte of the header. */
export function ensureByte(subject: string, field: string, offset: number, value: number): void {
  if ((value & 0xff) !== value) throw badValue(subject, field, offset, 'an integer from 0 to 255', value);
}

/**
 * Writes the response "not understood", exactly 64 bytes: type, subtype and id of the request, length 0 and 60 zero bytes
 * (PROTOCOL.md 1.6).
 *
 * @returns `target`
 * @throws CtrlIfError `ERR_CTRL_IF_VALUE` when type, subtype or id is no byte; `ERR_CTRL_IF_SHORT_BUFFER` when `target` has fewer
 *   than 64 bytes from `offset` on
 */
export function encodeNotUnderstood(
  type: number,
  subtype: number,
  id: number,
  target: Uint8Array = new Uint8Array(MESSAGE_BYTES),
  offset = 0,
): Uint8Array {
  ensureByte('encodeNotUnderstood()', 'type', TYPE_OFFSET, type);
  ensureByte('encodeNotUnderstood()', 'subtype', SUBTYPE_OFFSET, subtype);
  ensureByte('encodeNotUnderstood()', 'id', ID_OFFSET, id);
  ensureRoom('target', target, offset, MESSAGE_BYTES);
  target.fill(0, offset, offset + MESSAGE_BYTES);
  target[offset + TYPE_OFFSET] = type;
  target[offset + SUBTYPE_OFFSET] = subtype;
  target[offset + ID_OFFSET] = id;
  return target;
}
