/** A compiled struct. */
import { badField, type PlacedField } from '../struct.ts';

/**
 * Converts one struct's messages between objects and bytes. Packing goes through a scratch slot of the struct, for three reasons:
 * nothing is written to the caller's buffer before all values are checked; padding and the bytes after the payload stay zero in
 * it; and one `set` of 64 bytes costs less than a DataView of the caller's array.
 */
export interface Transcoder {
  /** The 64 bytes that {@link pack} fills. The codec sets the header. */
  readonly slot: Uint8Array;
  /**
   * Writes the fields of `values` to the scratch slot; returns the payload's length.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_VALUE` when a value does not fit its field, or an own key is no field
   */
  pack(message: string, values: object): number;
  /**
   * Reads `{ name: message, ...fields }` from the `length` bytes of payload at byte `offset`. The caller has checked that they are
   * there and that the struct can have this length.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_VALUE` when the bytes of a field have no value
   */
  unpack(message: string, bytes: Uint8Array, offset: number, length: number): object;
}

/** The error for a field whose bytes have no value. The payload begins at byte `offset`. */
export function unreadable(message: string, field: PlacedField, bytes: Uint8Array, offset: number): Error {
  const start = offset + field.offset;
  return badField(
    message,
    field,
    Uint8Array.from({ length: field.type.size }, (_, i) => bytes[start + i]!),
  );
}
