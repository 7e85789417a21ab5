// Entries that carry a number in every word, so that one that is lost, doubled, torn or stale is known at once. Shared
// by tests and peers, hence no TypeScript.

/** Fills `entry` with number `n`. */
export function number(entry, n, salt = 0) {
  const words = wordsOf(entry);
  for (let i = 0; i < words.length; i++) words[i] = (n ^ salt) + i * 0x01000193;
}

/** The number of `entry`, or throws when its words are not of one number. */
export function numberOf(entry, salt = 0) {
  const words = wordsOf(entry);
  for (let i = 1; i < words.length; i++) {
    if (words[i] !== (words[0] + i * 0x01000193) >>> 0) {
      throw new Error(`torn entry: word ${i} is ${words[i]}, word 0 is ${words[0]}`);
    }
  }
  return (words[0] ^ salt) >>> 0;
}

const views = new WeakMap();

/** One view of each entry: the rings reuse their entries, and a test of garbage must make none itself. */
function wordsOf(entry) {
  let words = views.get(entry);
  if (!words) {
    words = new Uint32Array(entry.buffer, entry.byteOffset, entry.byteLength >> 2);
    views.set(entry, words);
  }
  return words;
}

/** The difference between a response and its request. */
export const ANSWERED = 0x5a5a5a5a;
