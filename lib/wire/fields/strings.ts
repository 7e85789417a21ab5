/** Fields that are strings in TypeScript: one character, NUL-padded text, a MAC address. */
import type { Field, FieldSource } from './field.ts';

/** 1 byte: a string of one character U+0000 to U+00FF (latin-1); byte 0 is `'\0'`. */
export const char: Field<string> = {
  cType: 'char',
  size: 1,
  tail: undefined,
  role: 'in',
  zero: '\0',
  expected: 'a string of one character from U+0000 to U+00FF',
  accepts: (value) => typeof value === 'string' && value.length === 1 && value.charCodeAt(0) <= 0xff,
  read: (view, at) => String.fromCharCode(view.getUint8(at)),
  write: (view, at, value) => view.setUint8(at, value.charCodeAt(0)),
  source: {
    pack: (v, at, fail) =>
      `if (typeof ${v} !== 'string' || ${v}.length !== 1 || ${v}.charCodeAt(0) > 255) ${fail}
      slot[${at}] = ${v}.charCodeAt(0);`,
    unpack: (v, at) => `${v} = String.fromCharCode(bytes[${at(0)}]);`,
  },
};

// A byte order mark is three bytes like any others: dropping it would make decode and encode disagree.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Bytes of a code point in UTF-8. */
const utf8Bytes = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;

/** Whether it has at most `size` bytes in UTF-8, no NUL, and no half of a surrogate pair. */
function fits(value: string, size: number): boolean {
  if (value.length > size) return false;
  let bytes = 0;
  let wide = false;
  for (let i = 0; i < value.length; i++) {
    const codePoint = value.codePointAt(i)!;
    if (codePoint === 0) return false;
    bytes += utf8Bytes(codePoint);
    wide ||= codePoint > 0x7f;
    if (codePoint > 0xffff) i++;
  }
  return bytes <= size && !(wide && LONE_SURROGATE.test(value));
}

/** Writes without TextEncoder, which would need a new array for the field's bytes at every call. */
function writeUtf8(view: DataView, at: number, value: string): number {
  for (let i = 0; i < value.length; i++) {
    const codePoint = value.codePointAt(i)!;
    if (codePoint < 0x80) {
      view.setUint8(at++, codePoint);
      continue;
    }
    const bytes = utf8Bytes(codePoint);
    if (bytes === 4) i++;
    const lead = (0xf00 >> bytes) & 0xff;
    view.setUint8(at++, lead | (codePoint >> (6 * (bytes - 1))));
    for (let left = bytes - 2; left >= 0; left--) view.setUint8(at++, 0x80 | ((codePoint >> (6 * left)) & 0x3f));
  }
  return at;
}

/** Writes text that may have more than ASCII, and gives back the byte after it; -1 when it does not fit. */
export function packWide(view: DataView, at: number, value: string, size: number): number {
  return fits(value, size) ? writeUtf8(view, at, value) : -1;
}

/** ASCII, found out on the way, is done in place; `ascii` makes a string of all its characters with one call. */
const textSource = (size: number, most: number): FieldSource => ({
  pack: (v, at, fail) =>
    `if (typeof ${v} !== 'string' || ${v}.length > ${most}) ${fail}
    let to = ${at}; let all = 0;
    for (let i = 0; i < ${v}.length; i++) {
      const character = ${v}.charCodeAt(i);
      if (character === 0) ${fail}
      all |= character;
      slot[to++] = character;
    }
    if (all > 127 && (to = packWide(view, ${at}, ${v}, ${most})) < 0) ${fail}
    for (; to < ${at + size}; to++) slot[to] = 0;`,
  unpack: (v, at) =>
    `const start = ${at(0)}; let length = 0; let all = 0;
    for (; length < ${size}; length++) {
      const byte = bytes[start + length];
      if (byte === 0) break;
      all |= byte;
    }
    ${v} = ${most < size ? `length > ${most} ? undefined : ` : ''}all > 127 ? readWide(bytes, start, length) : ascii(bytes, start, length);`,
});

/**
 * `size` bytes: a string in UTF-8, padded with NULs. A string of exactly `size` bytes has no NUL at its end, so C code
 * must not take it for a C string. Decoding stops at the first NUL; bytes before it that are not UTF-8 are an error.
 */
export function text(size: number): Field<string> {
  return textOf(size, size);
}

/**
 * `size` bytes: a C string in UTF-8 of at most `size` - 1 bytes, padded with NULs. Bytes without a NUL are an error: C code would
 * read beyond them (PROTOCOL.md 5.3 H25).
 */
export function cString(size: number): Field<string> {
  return textOf(size, size - 1);
}

function textOf(size: number, most: number): Field<string> {
  return {
    cType: `char[${size}]`,
    size,
    tail: undefined,
    role: 'in',
    zero: '',
    expected: `a string of at most ${most} bytes in UTF-8, without NUL`,
    accepts: (value) => typeof value === 'string' && fits(value, most),
    read(view, at) {
      let value = '';
      for (let i = 0; i < size; i++) {
        const byte = view.getUint8(at + i);
        if (byte === 0) return value;
        if (byte > 0x7f) return hasNul(view, at, size) || most === size ? readWide(bytesOf(view), at, size) : undefined;
        value += String.fromCharCode(byte);
      }
      return most === size ? value : undefined;
    },
    write(view, at, value) {
      for (let i = writeUtf8(view, at, value); i < at + size; i++) view.setUint8(i, 0);
    },
    source: textSource(size, most),
  };
}

function hasNul(view: DataView, at: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (view.getUint8(at + i) === 0) return true;
  return false;
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** The text of `size` bytes, or of those before a NUL; undefined when they are not UTF-8. */
export function readWide(bytes: Uint8Array, at: number, size: number): string | undefined {
  // A copy: browsers' TextDecoder refuses shared memory.
  const copy = Uint8Array.from({ length: size }, (_, i) => bytes[at + i]!);
  const end = copy.indexOf(0);
  try {
    return utf8.decode(end < 0 ? copy : copy.subarray(0, end));
  } catch {
    return undefined;
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The value of a hexadecimal digit in either case, or -1. */
export function digit(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const lower = character | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

// By character, because a regular expression and parseInt take ten times as long.
function isMac(value: string): boolean {
  if (value.length !== 17) return false;
  for (let i = 0; i < 17; i++) {
    const character = value.charCodeAt(i);
    if (i % 3 === 2 ? character !== 0x3a : digit(character) < 0) return false;
  }
  return true;
}

const SIX = [0, 1, 2, 3, 4, 5];

/**
 * Straight on, without a loop: half the time. `digits` has -1 for what is no digit; a string
 * of all its characters from one call is flat, as one put together is not.
 */
const macSource: FieldSource = {
  pack: (v, at, fail) => {
    const code = (i: number) => `${v}.charCodeAt(${i})`;
    const each = (part: (i: number) => string, separator: string) => SIX.map(part).join(separator);
    return `if (typeof ${v} !== 'string' || ${v}.length !== 17) ${fail}
    ${each((i) => `const high${i} = ${code(3 * i)}, low${i} = ${code(3 * i + 1)};`, '')}
    ${each((i) => `const byte${i} = (digits[high${i} & 127] << 4) | digits[low${i} & 127];`, '')}
    if ((${each((i) => `byte${i}`, ' | ')}) < 0 || (${each((i) => `high${i} | low${i}`, ' | ')}) > 127) ${fail}
    if (${[2, 5, 8, 11, 14].map((i) => `${code(i)} !== 58`).join(' || ')}) ${fail}
    ${each((i) => `slot[${at + i}] = byte${i};`, ' ')}`;
  },
  unpack: (v, at) =>
    `${SIX.map((i) => `const byte${i} = bytes[${at(i)}];`).join(' ')}
    ${v} = String.fromCharCode(${SIX.map((i) => `hexHigh[byte${i}], hexLow[byte${i}]`).join(', 58, ')});`,
};

/** 6 bytes: `aa:bb:cc:dd:ee:ff`, taken in either case, given in lower case. */
export const mac: Field<string> = {
  cType: 'u8[6]',
  size: 6,
  tail: undefined,
  role: 'in',
  zero: '00:00:00:00:00:00',
  expected: 'a MAC address such as "aa:bb:cc:dd:ee:ff"',
  accepts: (value) => typeof value === 'string' && isMac(value),
  read(view, at) {
    let value = HEX[view.getUint8(at)]!;
    for (let i = 1; i < 6; i++) value += `:${HEX[view.getUint8(at + i)]}`;
    return value;
  },
  write(view, at, value) {
    for (let i = 0; i < 6; i++) {
      const high = digit(value.charCodeAt(3 * i));
      view.setUint8(at + i, (high << 4) | digit(value.charCodeAt(3 * i + 1)));
    }
  },
  source: macSource,
};
