/** Raw bytes: a `Uint8Array` in TypeScript, and always a copy when decoded. */
import { PAYLOAD_BYTES } from '../layout.ts';
import type { Field, FieldSource } from './field.ts';

// Loops, because `set` and `subarray` cost more than copying at most 60 bytes.
function copyIn(view: DataView, offset: number, value: Uint8Array): void {
  for (let i = 0; i < value.length; i++) view.setUint8(offset + i, value[i]!);
}

function copyOut(view: DataView, offset: number, length: number): Uint8Array {
  const value = new Uint8Array(length);
  for (let i = 0; i < length; i++) value[i] = view.getUint8(offset + i);
  return value;
}

/** The statements that read bytes. `length` is an expression. */
const copied = (v: string, from: string, length: string): string =>
  `const length = ${length}; ${v} = new Uint8Array(length);
  for (let i = 0; i < length; i++) ${v}[i] = bytes[${from} + i];`;

const source = (size: number): FieldSource => ({
  pack: (v, offset, fail) =>
    `if (!(${v} instanceof Uint8Array) || ${v}.length !== ${size}) ${fail} slot.set(${v}, ${offset});`,
  unpack: (v, index) => copied(v, index(0), String(size)),
});

/** `used` counts the bytes that the previous message left in the scratch slot. The part that this one does not overwrite is cleared. */
const tailSource = (max: number): FieldSource => ({
  pack: (v, offset, fail) =>
    `if (!(${v} instanceof Uint8Array) || ${v}.length > ${max}) ${fail}
    const length = ${v}.length; slot.set(${v}, ${offset});
    if (length < used) slot.fill(0, ${offset} + length, ${offset} + used);
    used = length;`,
  unpack: (v, index) => copied(v, index(0), `end - (${index(0)})`),
});

/** A field of exactly `size` bytes: a `Uint8Array`. */
export function bytes(size: number): Field<Uint8Array> {
  return {
    cType: `u8[${size}]`,
    size,
    tail: undefined,
    role: 'in',
    zero: new Uint8Array(size),
    expected: `a Uint8Array of ${size} bytes`,
    accepts: (value) => value instanceof Uint8Array && value.length === size,
    read: (view, offset) => copyOut(view, offset, size),
    write: copyIn,
    source: source(size),
  };
}

/** The rest of the message, 0 to `max` bytes, as in console data: a `Uint8Array`. It must be the last field of a struct. */
export function tail(max: number = PAYLOAD_BYTES): Field<Uint8Array> {
  return {
    cType: 'u8[]',
    size: 0,
    tail: max,
    role: 'in',
    zero: new Uint8Array(0),
    expected: `a Uint8Array of 0 to ${max} bytes`,
    accepts: (value) => value instanceof Uint8Array && value.length <= max,
    read: (view, offset, end) => copyOut(view, offset, end - offset),
    write: copyIn,
    source: tailSource(max),
  };
}
