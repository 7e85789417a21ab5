/** Field types, and the functions that make one from another. */

/**
 * The sender of a message sets its `in` fields. The responder sets its `out` fields, which are zero in the request. `pad` fields
 * are padding and not visible.
 */
export type FieldRole = 'in' | 'out' | 'pad';

/** A field type: the bytes of a value (packed, little-endian) and its TypeScript type. */
export interface Field<T, Role extends FieldRole = 'in'> {
  /** The type in the header: `u32`, `memory_t`, `char[16]`. */
  readonly cType: string;
  /** The type that an alias stands for. Both sides of a link compare their definitions by it. Default: `cType`. */
  readonly wireType?: string | undefined;
  /** Bytes on the wire; 0 for a field with a {@link Field.tail}. */
  readonly size: number;
  /** The most bytes of a field that takes the rest of the message; undefined for other fields. It can only be the last field. */
  readonly tail: number | undefined;
  /** The side that sets the field. */
  readonly role: Role;
  /** The value of an omitted OUT field. */
  readonly zero: T;
  /** The valid values, in words that follow "must be". */
  readonly expected: string;
  /** Whether {@link Field.write} can take this value. Callers check it before they write. */
  accepts(value: unknown): boolean;
  /** The value at byte `offset`; `end` is the end of the payload. Undefined when the bytes have no value. */
  read(view: DataView, offset: number, end: number): T | undefined;
  /** Writes an accepted value to every byte of the field, which begins at byte `offset`. */
  write(view: DataView, offset: number, value: T): void;
  /** The same as source text, which is many times as fast. A struct with a field without it is interpreted. */
  readonly source?: FieldSource | undefined;
}

/**
 * The work of `accepts`, `read` and `write` as JavaScript statements, each in a block of its own. To pack, a statement may use
 * `slot` and `view` (the scratch slot as bytes and as DataView). To unpack, it may use `bytes` (the input) and `end` (the end of
 * the payload). Both may use the tools of `compile/tools.ts`.
 */
export interface FieldSource {
  /** Writes the variable `v` to byte `offset` of the scratch slot, or executes `fail` when the value is not accepted. */
  pack(v: string, offset: number, fail: string): string;
  /** Sets the variable `v` from `bytes`. The field's byte `i` has the index `index(i)`. */
  unpack(v: string, index: (i: number) => string): string;
}

/** Makes an OUT field, which the responder sets: optional when encoding (then zero), and always decoded. */
export const out = <T>(field: Field<T>): Field<T, 'out'> => ({ ...field, role: 'out' });

/** Makes a field of the same type under another name of the header, such as `domid_t` for `u16`. */
export const alias = <T>(cType: string, field: Field<T>): Field<T> => ({
  ...field,
  cType,
  wireType: field.wireType ?? field.cType,
});

/** Padding of `size` bytes: written as zero and never read. Its C type is `u16` or `u32` as in the header, else `char[size]`. */
export function pad(size: number): Field<undefined, 'pad'> {
  return {
    cType: size === 2 ? 'u16' : size === 4 ? 'u32' : `char[${size}]`,
    size,
    tail: undefined,
    role: 'pad',
    zero: undefined,
    expected: 'left out',
    accepts: (value) => value === undefined,
    read: () => undefined,
    write(view, offset) {
      for (let i = 0; i < size; i++) view.setUint8(offset + i, 0);
    },
  };
}
