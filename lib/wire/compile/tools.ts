/** The functions and arrays that generated code may use, under these names. */
import { digit, packWide, readWide } from '../fields/strings.ts';

/** Eight bytes under several types, to split and join 64-bit values. Little-endian hosts only. */
const scratch = new ArrayBuffer(8);

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The longest text that {@link makeAscii}'s function makes with a single call: the length of the header's USB paths. */
const CALL = 16;

/**
 * Makes the function that makes a string of `length` bytes. One call of String.fromCharCode with all characters takes half the
 * time of concatenation, but the number of its arguments must be fixed in the source.
 */
function makeAscii(): (bytes: Uint8Array, offset: number, length: number) => string {
  const cases = Array.from({ length: CALL + 1 }, (_, length) => {
    const characters = Array.from({ length }, (_, i) => `bytes[offset + ${i}]`);
    return `case ${length}: return String.fromCharCode(${characters.join(', ')});`;
  });
  return new Function(`return function ascii(bytes, offset, length) {
    switch (length) {
      ${cases.join('\n')}
      default: return ascii(bytes, offset, ${CALL}) + ascii(bytes, offset + ${CALL}, length - ${CALL});
    }
  }`)();
}

/** Called when code is generated for the first time, and never where that is forbidden. */
export const makeTools = (): Record<string, unknown> => ({
  halves: new Int32Array(scratch),
  unsigned: new BigUint64Array(scratch),
  signed: new BigInt64Array(scratch),
  float: new Float64Array(scratch),
  hexHigh: Uint8Array.from(hex, (digits) => digits.charCodeAt(0)),
  hexLow: Uint8Array.from(hex, (digits) => digits.charCodeAt(1)),
  digits: Int8Array.from({ length: 128 }, (_, character) => digit(character)),
  ascii: makeAscii(),
  packWide,
  readWide,
});
