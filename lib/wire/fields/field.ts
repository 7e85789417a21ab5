/** What a field type is, and the modifiers that make one out of another. */

/**
 * `in` fields come from who sends the message and must be given; `out` fields are filled in by who answers and are zero
 * until then; `pad` fields hold their place and are never seen.
 */
export type FieldRole = 'in' | 'out' | 'pad';

/** One field type: how a value lies in bytes (packed, little-endian) and looks in TypeScript. */
export interface Field<T, Role extends FieldRole = 'in'> {
  /** The type in the header: `u32`, `memory_t`, `char[16]`. */
  readonly cType: string;
  /** The type that an alias stands for, and by which both sides of a link compare their definitions; `cType` unless given. */
  readonly wireType?: string | undefined;
  /** Bytes on the wire; for a field with a {@link Field.tail} the least, 0. */
  readonly size: number;
  /** Given for a field that takes the rest of the message: the most bytes it may have. It can only come last. */
  readonly tail: number | undefined;
  readonly role: Role;
  /** What an OUT field is sent as before it is filled in. */
  readonly zero: T;
  /** What a value must be, in words that follow "must be". */
  readonly expected: string;
  /** Whether {@link Field.write} can take this value; it has no other guard. */
  accepts(value: unknown): boolean;
  /** The value at byte `at`; `end` is where the payload ends. Undefined when the bytes cannot mean any value. */
  read(view: DataView, at: number, end: number): T | undefined;
  /** Puts an accepted value at byte `at`, every byte of the field. */
  write(view: DataView, at: number, value: T): void;
  /** The same in source text, many times as fast; a struct with a field that has none is interpreted. */
  readonly source?: FieldSource | undefined;
}

/**
 * What `accepts`, `read` and `write` do, as statements of JavaScript. Beside its own locals, in a block of their own, a
 * statement may use `slot` and `view` (the scratch slot, as bytes and as DataView) to pack, `bytes` and `end` (what is decoded,
 * and where its payload ends) to unpack, and the tools of `compile/tools.ts` for both.
 */
export interface FieldSource {
  /** Puts the variable `v` at byte `at` of the scratch slot, or executes `fail` when it is not accepted. */
  pack(v: string, at: number, fail: string): string;
  /** Sets the variable `v` from `bytes`, the field's own byte `i` being at index `at(i)`. */
  unpack(v: string, at: (i: number) => string): string;
}

/** An OUT field of the header: filled in by who answers, so optional when encoding (sent as zero) and always decoded. */
export const out = <T>(field: Field<T>): Field<T, 'out'> => ({ ...field, role: 'out' });

/** The same field under another name of the header, such as `domid_t` for `u16`. */
export const alias = <T>(cType: string, field: Field<T>): Field<T> => ({
  ...field,
  cType,
  wireType: field.wireType ?? field.cType,
});

/** Padding of `size` bytes: written as zero, never read. Its C type is `u16` or `u32` as in the header, else `char[size]`. */
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
    write(view, at) {
      for (let i = 0; i < size; i++) view.setUint8(at + i, 0);
    },
  };
}
