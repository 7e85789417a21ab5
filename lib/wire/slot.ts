/** The four bytes that begin every slot, and the answer that is nothing but them. All offsets: PROTOCOL.md 1.1. */
import { badValue, shortBuffer } from './errors.ts';
import { HEADER_BYTES, ID_OFFSET, LENGTH_OFFSET, MESSAGE_BYTES, SUBTYPE_OFFSET, TYPE_OFFSET } from './layout.ts';

/** Makes sure that `needed` bytes from byte `at` on lie inside `buffer`. */
export function ensureRoom(field: 'slot' | 'target', buffer: Uint8Array, at: number, needed: number): void {
  if (!(buffer instanceof Uint8Array)) throw badValue(field, field, undefined, 'a Uint8Array', buffer);
  if (at >>> 0 !== at) throw badValue(field, 'at', undefined, 'an offset in bytes, an integer from 0 up', at);
  if (at + needed > buffer.length) throw shortBuffer(field, needed, Math.max(buffer.length - at, 0));
}

function readHeader(slot: Uint8Array, at: number, offset: number): number {
  ensureRoom('slot', slot, at, HEADER_BYTES);
  return slot[at + offset]!;
}

/** The `type` of the slot at byte `at`. @throws ERR_CTRL_IF_SHORT_BUFFER below 4 bytes */
export const slotType = (slot: Uint8Array, at = 0): number => readHeader(slot, at, TYPE_OFFSET);

/** The `subtype` of the slot at byte `at`. @throws ERR_CTRL_IF_SHORT_BUFFER below 4 bytes */
export const slotSubtype = (slot: Uint8Array, at = 0): number => readHeader(slot, at, SUBTYPE_OFFSET);

/** The `id` of the slot at byte `at`. @throws ERR_CTRL_IF_SHORT_BUFFER below 4 bytes */
export const slotId = (slot: Uint8Array, at = 0): number => readHeader(slot, at, ID_OFFSET);

/** The `length` of the slot at byte `at`, as it stands there: over 60 too. @throws ERR_CTRL_IF_SHORT_BUFFER below 4 bytes */
export const slotLength = (slot: Uint8Array, at = 0): number => readHeader(slot, at, LENGTH_OFFSET);

/** A byte of the header as an argument. */
export function ensureByte(subject: string, field: string, offset: number, value: number): void {
  if ((value & 0xff) !== value) throw badValue(subject, field, offset, 'an integer from 0 to 255', value);
}

/**
 * The response that says "not understood": type, subtype and id of the request, length 0 and 60 zero bytes (PROTOCOL.md 1.6).
 *
 * @returns `target`, of which exactly 64 bytes from `at` on are written
 * @throws ERR_CTRL_IF_VALUE for a type, subtype or id that is no byte; ERR_CTRL_IF_SHORT_BUFFER
 */
export function encodeNotUnderstood(
  type: number,
  subtype: number,
  id: number,
  target: Uint8Array = new Uint8Array(MESSAGE_BYTES),
  at = 0,
): Uint8Array {
  ensureByte('encodeNotUnderstood()', 'type', TYPE_OFFSET, type);
  ensureByte('encodeNotUnderstood()', 'subtype', SUBTYPE_OFFSET, subtype);
  ensureByte('encodeNotUnderstood()', 'id', ID_OFFSET, id);
  ensureRoom('target', target, at, MESSAGE_BYTES);
  target.fill(0, at, at + MESSAGE_BYTES);
  target[at + TYPE_OFFSET] = type;
  target[at + SUBTYPE_OFFSET] = subtype;
  target[at + ID_OFFSET] = id;
  return target;
}
