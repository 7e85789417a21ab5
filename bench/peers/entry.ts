/** The 64 bytes that every transport carries: a control message's header, a sequence number, and a body. */
import type { Mark } from './checker.ts';

export const ENTRY_BYTES = 64;
const TYPE = 42;
const MARK_AT = 1;
const LENGTH_AT = 3;
const SEQUENCE_AT = 4;
const BODY_AT = 8;
const BODY_BYTE = 0x5a;

/** How a sequence number and a mark make a message, and what they were. */
export interface Format<T> {
  message(sequence: number, mark: Mark): T;
  sequenceOf(message: T): number;
  markOf(message: T): Mark;
}

/** Fills what does not change from message to message. */
export function initializeEntry(entry: Uint8Array): Uint8Array {
  entry.fill(BODY_BYTE, BODY_AT);
  entry[0] = TYPE;
  entry[2] = 0;
  entry[LENGTH_AT] = entry.length < 256 ? entry.length - 4 : 0;
  return entry;
}

/** Entries that are sent one after the other. */
export function entryFormat(): Format<Uint8Array> {
  // One is used again only when 15 more were sent, by when, with a window of 8, its response has come: no transport can
  // still be reading it.
  const entries = Array.from({ length: 16 }, () => initializeEntry(Buffer.alloc(ENTRY_BYTES)));
  return {
    message(sequence, mark) {
      const entry = entries[sequence & 15]!;
      entry[MARK_AT] = mark;
      // Four byte stores: a DataView or a typed array of words would be one more object for each slot.
      entry[SEQUENCE_AT] = sequence;
      entry[SEQUENCE_AT + 1] = sequence >>> 8;
      entry[SEQUENCE_AT + 2] = sequence >>> 16;
      entry[SEQUENCE_AT + 3] = sequence >>> 24;
      return entry;
    },
    sequenceOf(entry) {
      const low = entry[SEQUENCE_AT]! | (entry[SEQUENCE_AT + 1]! << 8);
      return (low | (entry[SEQUENCE_AT + 2]! << 16) | (entry[SEQUENCE_AT + 3]! << 24)) >>> 0;
    },
    markOf: (entry) => entry[MARK_AT]!,
  };
}

/** The first word of an entry of `entryBytes`: type, mark, id and length, as {@link initializeEntry} and the mark have them. */
export function headerWord(entryBytes: number, mark: Mark): number {
  const entry = initializeEntry(new Uint8Array(entryBytes));
  entry[MARK_AT] = mark;
  return new Uint32Array(entry.buffer)[0]!;
}

/** An entry by words, for who has all entries in one array of words: `first` is its first. */
export function stampWords(words: Uint32Array, first: number, header: number, sequence: number): void {
  words[first] = header;
  words[first + SEQUENCE_AT / 4] = sequence;
}

export function sequenceOfWords(words: Uint32Array, first: number): number {
  return words[first + SEQUENCE_AT / 4]!;
}

export function markOfWords(words: Uint32Array, first: number): Mark {
  return (words[first]! >>> (8 * MARK_AT)) & 0xff;
}
