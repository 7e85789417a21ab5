/** Numbers, little-endian: integers up to 32 bits and f64 are `number`, 64 bits are `bigint`. */
import { alias, type Field, type FieldSource } from './field.ts';

type Read<T> = (view: DataView, offset: number) => T;
type Write<T> = (view: DataView, offset: number, value: T) => void;

function integer(
  cType: string,
  size: number,
  min: number,
  max: number,
  read: Read<number>,
  write: Write<number>,
): Field<number> {
  // `&`, `>>>` and `|` convert any number to the type. A number of the type does not change.
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
      pack: (v, offset, fail) =>
        `if (typeof ${v} !== 'number' || (${wrapped(v)}) !== ${v}) ${fail} view.${method}(${offset}, ${v}, true);`,
      unpack: (v, index) => `${v} = ${joined(index, 0, size, size === 4 && min === 0)};`,
    },
  };
}

/** The expression that joins bytes `from` to `to`. Without `>>> 0`, four bytes are an i32. */
function joined(index: (i: number) => string, from: number, to: number, unsigned: boolean): string {
  const parts = Array.from(
    { length: to - from },
    (_, i) => `bytes[${index(from + i)}]${i === 0 ? '' : ` << ${8 * i}`}`,
  );
  return unsigned ? `(${parts.join(' | ')}) >>> 0` : parts.join(' | ');
}

/** The statements that set all 8 bytes of the scratch number. */
const toScratch = (index: (i: number) => string): string =>
  `halves[0] = ${joined(index, 0, 4, false)}; halves[1] = ${joined(index, 4, 8, false)};`;

/**
 * 64 bits go through a scratch number: a store to a BigUint64Array takes a tenth of the time of setBigUint64. Both bounds are
 * compared, because `BigInt.asUintN(64, v) === v` would allocate a bigint.
 */
const wideSource = (scratch: string, accepted: (v: string) => string): FieldSource => ({
  pack: (v, offset, fail) =>
    `if (!(${accepted(v)})) ${fail} ${scratch}[0] = ${v};
    view.setUint32(${offset}, halves[0], true); view.setUint32(${offset + 4}, halves[1], true);`,
  unpack: (v, index) => `${toScratch(index)} ${v} = ${scratch}[0];`,
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

/** An unsigned integer of 1 byte, 0 to 255. */
export const u8 = integer(
  'u8',
  1,
  0,
  0xff,
  (view, offset) => view.getUint8(offset),
  (view, offset, value) => view.setUint8(offset, value),
);

/** An unsigned integer of 2 bytes, 0 to 65535. */
export const u16 = integer(
  'u16',
  2,
  0,
  0xffff,
  (view, offset) => view.getUint16(offset, true),
  (view, offset, value) => view.setUint16(offset, value, true),
);

/** An unsigned integer of 4 bytes, 0 to 4294967295. */
export const u32 = integer(
  'u32',
  4,
  0,
  0xffff_ffff,
  (view, offset) => view.getUint32(offset, true),
  (view, offset, value) => view.setUint32(offset, value, true),
);

/** A signed integer of 4 bytes, -2147483648 to 2147483647. */
export const i32 = integer(
  'i32',
  4,
  -0x8000_0000,
  0x7fff_ffff,
  (view, offset) => view.getInt32(offset, true),
  (view, offset, value) => view.setInt32(offset, value, true),
);

/** An unsigned integer of 8 bytes: a bigint from 0 to 2^64 - 1. */
export const u64 = bigInteger(
  'u64',
  0n,
  2n ** 64n - 1n,
  (view, offset) => view.getBigUint64(offset, true),
  (view, offset, value) => view.setBigUint64(offset, value, true),
);

/** A signed integer of 8 bytes: a bigint from -2^63 to 2^63 - 1. */
export const i64 = bigInteger(
  'i64',
  -(2n ** 63n),
  2n ** 63n - 1n,
  (view, offset) => view.getBigInt64(offset, true),
  (view, offset, value) => view.setBigInt64(offset, value, true),
);

/** Any number, as an IEEE 754 double of 8 bytes. */
export const f64: Field<number> = {
  cType: 'f64',
  size: 8,
  tail: undefined,
  role: 'in',
  zero: 0,
  expected: 'a number',
  accepts: (value) => typeof value === 'number',
  read: (view, offset) => view.getFloat64(offset, true),
  write: (view, offset, value) => view.setFloat64(offset, value, true),
  source: {
    pack: (v, offset, fail) => `if (typeof ${v} !== 'number') ${fail} view.setFloat64(${offset}, ${v}, true);`,
    unpack: (v, index) => `${toScratch(index)} ${v} = float[0];`,
  },
};

/** The number of a domain, 0 to 65535: u16, the header's `domid_t`. */
export const domid = alias('domid_t', u16);

/**
 * A machine address or frame number: always 8 bytes. Where the header's `memory_t` has 4 bytes, `MEMORY_PADDING` fills the other
 * 4 with zeros, which give the same little-endian number (PROTOCOL.md 2.1).
 */
export const memory = alias('memory_t', u64);
