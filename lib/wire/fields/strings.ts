/** Fields that are strings in TypeScript: one character, NUL-padded text, a MAC address. */
import type { Field, FieldSource } from './field.ts';

/** One byte as a string of one character, U+0000 to U+00FF (latin-1). Byte 0 is `'\0'`. */
export const char: Field<string> = {
  cType: 'char',
  size: 1,
  tail: undefined,
  role: 'in',
  zero: '\0',
  expected: 'a string of one character from U+0000 to U+00FF',
  accepts: (value) => typeof value === 'string' && value.length === 1 && value.charCodeAt(0) <= 0xff,
  read: (view, offset) => String.fromCharCode(view.getUint8(offset)),
  write: (view, offset, value) => view.setUint8(offset, value.charCodeAt(0)),
  source: {
    pack: (v, offset, fail) =>
      `if (typeof ${v} !== 'string' || ${v}.length !== 1 || ${v}.charCodeAt(0) > 255) ${fail}
      slot[${offset}] = ${v}.charCodeAt(0);`,
    unpack: (v, index) => `${v} = String.fromCharCode(bytes[${index(0)}]);`,
  },
};

// Without ignoreBOM, decoding would drop a byte order mark and encoding would not restore it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const LONE_SURROGATE = /\p{Surrogate}/u;

/** The size of a code point in UTF-8. */
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

/** Does not use TextEncoder, which needs a new array for each call. */
function writeUtf8(view: DataView, offset: number, value: string): number {
  for (let i = 0; i < value.length; i++) {
    const codePoint = value.codePointAt(i)!;
    if (codePoint < 0x80) {
      view.setUint8(offset++, codePoint);
      continue;
    }
    const bytes = utf8Bytes(codePoint);
    if (bytes === 4) i++;
    const lead = (0xf00 >> bytes) & 0xff;
    view.setUint8(offset++, lead | (codePoint >> (6 * (bytes - 1))));
    for (let left = bytes - 2; left >= 0; left--) view.setUint8(offset++, 0x80 | ((codePoint >> (6 * left)) & 0x3f));
  }
  return offset;
}

/** Writes text with characters beyond ASCII. Returns the offset after it, or -1 when it does not fit. */
export function packWide(view: DataView, offset: number, value: string, size: number): number {
  return fits(value, size) ? writeUtf8(view, offset, value) : -1;
}

/** ASCII text is copied in place; `packWide` and `readWide` take over when another character is found. */
const textSource = (size: number, most: number): FieldSource => ({
  pack: (v, offset, fail) =>
    `if (typeof ${v} !== 'string' || ${v}.length > ${most}) ${fail}
    let to = ${offset}; let all = 0;
    for (let i = 0; i < ${v}.length; i++) {
      const character = ${v}.charCodeAt(i);
      if (character === 0) ${fail}
      all |= character;
      slot[to++] = character;
    }
    if (all > 127 && (to = packWide(view, ${offset}, ${v}, ${most})) < 0) ${fail}
    for (; to < ${offset + size}; to++) slot[to] = 0;`,
  unpack: (v, index) =>
    `const start = ${index(0)}; let length = 0; let all = 0;
    for (; length < ${size}; length++) {
      const byte = bytes[start + length];
      if (byte === 0) break;
      all |= byte;
    }
    ${v} = ${most < size ? `length > ${most} ? undefined : ` : ''}all > 127 ? readWide(bytes, start, length) : ascii(bytes, start, length);`,
});

/**
 * A string in UTF-8, padded with NULs to `size` bytes. A string of exactly `size` bytes has no NUL at its end, so it is not a C
 * string. Decoding stops at the first NUL. Bytes before it that are not UTF-8 are `ERR_CTRL_IF_VALUE`.
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
    read(view, offset) {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, size);
      const end = bytes.indexOf(0);
      const length = end < 0 ? size : end;
      return length > most ? undefined : readWide(bytes, 0, length);
    },
    write(view, offset, value) {
      for (let i = writeUtf8(view, offset, value); i < offset + size; i++) view.setUint8(i, 0);
    },
    source: textSource(size, most),
  };
}

/** The text of `length` bytes, none of them NUL; undefined when it is not UTF-8. */
export function readWide(bytes: Uint8Array, offset: number, length: number): string | undefined {
  try {
    // A copy, because the TextDecoder of browsers refuses shared memory.
    return utf8.decode(new Uint8Array(bytes.subarray(offset, offset + length)));
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

// Character by character, because a regular expression and parseInt take ten times as long.
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
 * Unrolled, which takes half the time of a loop. `digits` has -1 for a character that is no digit. One call of fromCharCode makes a
 * flat string; concatenation does not.
 */
const macSource: FieldSource = {
  pack: (v, offset, fail) => {
    const code = (i: number) => `${v}.charCodeAt(${i})`;
    const six = (part: (i: number) => string, separator: string) => SIX.map(part).join(separator);
    return `if (typeof ${v} !== 'string' || ${v}.length !== 17) ${fail}
    ${six((i) => `const high${i} = ${code(3 * i)}, low${i} = ${code(3 * i + 1)};`, '')}
    ${six((i) => `const byte${i} = (digits[high${i} & 127] << 4) | digits[low${i} & 127];`, '')}
    if ((${six((i) => `byte${i}`, ' | ')}) < 0 || (${six((i) => `high${i} | low${i}`, ' | ')}) > 127) ${fail}
    if (${[2, 5, 8, 11, 14].map((i) => `${code(i)} !== 58`).join(' || ')}) ${fail}
    ${six((i) => `slot[${offset + i}] = byte${i};`, ' ')}`;
  },
  unpack: (v, index) =>
    `${SIX.map((i) => `const byte${i} = bytes[${index(i)}];`).join(' ')}
    ${v} = String.fromCharCode(${SIX.map((i) => `hexHigh[byte${i}], hexLow[byte${i}]`).join(', 58, ')});`,
};

/** A MAC address of 6 bytes as a string, `aa:bb:cc:dd:ee:ff`. Encoding accepts both cases; decoding gives lower case. */
export const mac: Field<string> = {
  cType: 'u8[6]',
  size: 6,
  tail: undefined,
  role: 'in',
  zero: '00:00:00:00:00:00',
  expected: 'a MAC address such as "aa:bb:cc:dd:ee:ff"',
  accepts: (value) => typeof value === 'string' && isMac(value),
  read(view, offset) {
    let value = HEX[view.getUint8(offset)]!;
    for (let i = 1; i < 6; i++) value += `:${HEX[view.getUint8(offset + i)]}`;
    return value;
  },
  write(view, offset, value) {
    for (let i = 0; i < 6; i++) {
      const high = digit(value.charCodeAt(3 * i));
      view.setUint8(offset + i, (high << 4) | digit(value.charCodeAt(3 * i + 1)));
    }
  },
  source: macSource,
};
