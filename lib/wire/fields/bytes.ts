/** Raw bytes: a `Uint8Array` in TypeScript, always a copy of its own when decoded. */
import { PAYLOAD_BYTES } from '../layout.ts';
import type { Field, FieldSource } from './field.ts';

// Loops, because `set` and `subarray` cost more than the up to 60 bytes they would move.
function copyIn(view: DataView, at: number, value: Uint8Array): void {
  for (let i = 0; i < value.length; i++) view.setUint8(at + i, value[i]!);
}

function copyOut(view: DataView, at: number, length: number): Uint8Array {
  const value = new Uint8Array(length);
  for (let i = 0; i < length; i++) value[i] = view.getUint8(at + i);
  return value;
}

/** Reads `length`, an expression, bytes. */
const copied = (v: string, from: string, length: string): string =>
  `const length = ${length}; ${v} = new Uint8Array(length);
  for (let i = 0; i < length; i++) ${v}[i] = bytes[${from} + i];`;

const source = (size: number): FieldSource => ({
  pack: (v, at, fail) => `if (!(${v} instanceof Uint8Array) || ${v}.length !== ${size}) ${fail} slot.set(${v}, ${at});`,
  unpack: (v, at) => copied(v, at(0), String(size)),
});

/** `used` counts the scratch slot's bytes that an earlier message set: what this one leaves of them is cleared. */
const tailSource = (max: number): FieldSource => ({
  pack: (v, at, fail) =>
    `if (!(${v} instanceof Uint8Array) || ${v}.length > ${max}) ${fail}
    const length = ${v}.length; slot.set(${v}, ${at});
    if (length < used) slot.fill(0, ${at} + length, ${at} + used);
    used = length;`,
  unpack: (v, at) => copied(v, at(0), `end - (${at(0)})`),
});

/** Exactly `size` bytes. */
export function bytes(size: number): Field<Uint8Array> {
  return {
    cType: `u8[${size}]`,
    size,
    tail: undefined,
    role: 'in',
    zero: new Uint8Array(size),
    expected: `a Uint8Array of ${size} bytes`,
    accepts: (value) => value instanceof Uint8Array && value.length === size,
    read: (view, at) => copyOut(view, at, size),
    write: copyIn,
    source: source(size),
  };
}

/** The rest of the message, 0 to `max` bytes, as console data has it; only the last field of a struct can be one. */
export function tail(max: number = PAYLOAD_BYTES): Field<Uint8Array> {
  return {
    cType: 'u8[]',
    size: 0,
    tail: max,
    role: 'in',
    zero: new Uint8Array(0),
    expected: `a Uint8Array of 0 to ${max} bytes`,
    accepts: (value) => value instanceof Uint8Array && value.length <= max,
    read: (view, at, end) => copyOut(view, at, end - at),
    write: copyIn,
    source: tailSource(max),
  };
}
