/** What a struct is compiled to. */
import { badField, type PlacedField } from '../struct.ts';

/**
 * Moves one struct's messages between objects and bytes. Packing goes through a scratch slot of the struct's own, for
 * three reasons: nothing reaches the caller's buffer until all is checked; padding and what follows the payload are zero in
 * it for ever; and one `set` of 64 bytes costs less than finding or making a DataView of the caller's array.
 */
export interface Transcoder {
  /** What {@link pack} fills: 64 bytes, of which the header is the codec's to set. */
  readonly slot: Uint8Array;
  /**
   * Puts the fields of `values` into the scratch slot; returns the payload's length.
   *
   * @throws ERR_CTRL_IF_VALUE for a value that does not fit, and for a key of its own that is no field's
   */
  pack(message: string, values: object): number;
  /**
   * `{ name: message, ...fields }` from the `length` bytes of payload at byte `at`; all must be there, and `length` be held
   * against the struct's sizes before. @throws ERR_CTRL_IF_VALUE
   */
  unpack(message: string, bytes: Uint8Array, at: number, length: number): object;
}

/** The error for a field whose bytes, the payload being at byte `at`, mean no value. */
export function unreadable(message: string, field: PlacedField, bytes: Uint8Array, at: number): Error {
  const start = at + field.offset;
  return badField(
    message,
    field,
    Uint8Array.from({ length: field.type.size }, (_, i) => bytes[start + i]!),
  );
}
