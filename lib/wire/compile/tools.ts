/** What generated code may use beside its arguments, under these names. */
import { digit, packWide, readWide } from '../fields/strings.ts';

/** Eight bytes under several types, for what JavaScript cannot take apart with operators. Little-endian hosts only. */
const scratch = new ArrayBuffer(8);

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The longest text that {@link makeAscii}'s function makes with a single call: that of the header's USB paths. */
const CALL = 16;

/**
 * Makes the function that makes a string of `length` bytes. A call of String.fromCharCode with all characters takes half the
 * time of putting them together, and its number of arguments must stand in the source.
 */
function makeAscii(): (bytes: Uint8Array, at: number, length: number) => string {
  const cases = Array.from({ length: CALL + 1 }, (_, length) => {
    const characters = Array.from({ length }, (_, i) => `bytes[at + ${i}]`);
    return `case ${length}: return String.fromCharCode(${characters.join(', ')});`;
  });
  return new Function(`return function ascii(bytes, at, length) {
    switch (length) {
      ${cases.join('\n')}
      default: return ascii(bytes, at, ${CALL}) + ascii(bytes, at + ${CALL}, length - ${CALL});
    }
  }`)();
}

/** Made when code is generated for the first time, and not where that is forbidden. */
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
