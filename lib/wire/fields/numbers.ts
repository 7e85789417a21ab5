/** Numbers, little-endian: integers up to 32 bits and f64 are `number`, 64 bits are `bigint`. */
import { alias, type Field, type FieldSource } from './field.ts';

type Read<T> = (view: DataView, at: number) => T;
type Write<T> = (view: DataView, at: number, value: T) => void;

function integer(
  cType: string,
  size: number,
  min: number,
  max: number,
  read: Read<number>,
  write: Write<number>,
): Field<number> {
  // `&`, `>>>` and `|` make of any number one of the type; only those of the type stay what they are.
  const wrapped = (v: string) => (min < 0 ? `${v} | 0` : size === 4 ? `${v} >>> 0` : `${v} & ${max}`);
  const method = `${min < 0 ? 'setInt' : 'setUint'}${8 * size}`;
  return {
    cType,
    size,
    tail: undefined,
    role: 'in',
    zero: 0,
    expected: `an integer from ${min} to ${max}`,
    accepts: (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
    read,
    write,
    source: {
      pack: (v, at, fail) =>
        `if (typeof ${v} !== 'number' || (${wrapped(v)}) !== ${v}) ${fail} view.${method}(${at}, ${v}, true);`,
      unpack: (v, at) => `${v} = ${joined(at, 0, size, size === 4 && min === 0)};`,
    },
  };
}

/** The expression of bytes `from` to `to`, put together. Without `>>> 0`, four of them are an i32. */
function joined(at: (i: number) => string, from: number, to: number, unsigned: boolean): string {
  const parts = Array.from({ length: to - from }, (_, i) => `bytes[${at(from + i)}]${i === 0 ? '' : ` << ${8 * i}`}`);
  return unsigned ? `(${parts.join(' | ')}) >>> 0` : parts.join(' | ');
}

/** Sets all 8 bytes of the scratch number; four bytes are stored to `halves` whatever their sign. */
const toScratch = (at: (i: number) => string): string =>
  `halves[0] = ${joined(at, 0, 4, false)}; halves[1] = ${joined(at, 4, 8, false)};`;

/**
 * 64 bits go through a scratch number: a store to a BigUint64Array takes a tenth of setBigUint64. Both bounds are compared,
 * because `BigInt.asUintN(64, v) === v` makes a bigint to throw away.
 */
const wideSource = (scratch: string, accepted: (v: string) => string): FieldSource => ({
  pack: (v, at, fail) =>
    `if (!(${accepted(v)})) ${fail} ${scratch}[0] = ${v};
    view.setUint32(${at}, halves[0], true); view.setUint32(${at + 4}, halves[1], true);`,
  unpack: (v, at) => `${toScratch(at)} ${v} = ${scratch}[0];`,
});

function bigInteger(cType: string, min: bigint, max: bigint, read: Read<bigint>, write: Write<bigint>): Field<bigint> {
  const accepted = (v: string) => `typeof ${v} === 'bigint' && ${v} <= ${max}n && ${v} >= ${min}n`;
  return {
    cType,
    size: 8,
    tail: undefined,
    role: 'in',
    zero: 0n,
    expected: `a bigint from ${min}n to ${max}n`,
    accepts: (value) => typeof value === 'bigint' && value >= min && value <= max,
    read,
    write,
    source: wideSource(min < 0n ? 'signed' : 'unsigned', accepted),
  };
}

/** 1 byte, 0 to 255. */
export const u8 = integer(
  'u8',
  1,
  0,
  0xff,
  (view, at) => view.getUint8(at),
  (view, at, value) => view.setUint8(at, value),
);

/** 2 bytes, 0 to 65535. */
export const u16 = integer(
  'u16',
  2,
  0,
  0xffff,
  (view, at) => view.getUint16(at, true),
  (view, at, value) => view.setUint16(at, value, true),
);

/** 4 bytes, 0 to 4294967295. */
export const u32 = integer(
  'u32',
  4,
  0,
  0xffff_ffff,
  (view, at) => view.getUint32(at, true),
  (view, at, value) => view.setUint32(at, value, true),
);

/** 4 bytes, -2147483648 to 2147483647. */
export const i32 = integer(
  'i32',
  4,
  -0x8000_0000,
  0x7fff_ffff,
  (view, at) => view.getInt32(at, true),
  (view, at, value) => view.setInt32(at, value, true),
);

/** 8 bytes, a bigint from 0 to 2^64 - 1. */
export const u64 = bigInteger(
  'u64',
  0n,
  2n ** 64n - 1n,
  (view, at) => view.getBigUint64(at, true),
  (view, at, value) => view.setBigUint64(at, value, true),
);

/** 8 bytes, a bigint from -2^63 to 2^63 - 1. */
export const i64 = bigInteger(
  'i64',
  -(2n ** 63n),
  2n ** 63n - 1n,
  (view, at) => view.getBigInt64(at, true),
  (view, at, value) => view.setBigInt64(at, value, true),
);

/** 8 bytes, any number of JavaScript, as IEEE 754 double. */
export const f64: Field<number> = {
  cType: 'f64',
  size: 8,
  tail: undefined,
  role: 'in',
  zero: 0,
  expected: 'a number',
  accepts: (value) => typeof value === 'number',
  read: (view, at) => view.getFloat64(at, true),
  write: (view, at, value) => view.setFloat64(at, value, true),
  source: {
    pack: (v, at, fail) => `if (typeof ${v} !== 'number') ${fail} view.setFloat64(${at}, ${v}, true);`,
    unpack: (v, at) => `${toScratch(at)} ${v} = float[0];`,
  },
};

/** A domain's number: u16. */
export const domid = alias('domid_t', u16);

/**
 * A machine address or frame number. 8 bytes always: where the header's `memory_t` has 4, `MEMORY_PADDING` makes up for
 * the rest, and little-endian zeros there read the same (PROTOCOL.md 2.1).
 */
export const memory = alias('memory_t', u64);
