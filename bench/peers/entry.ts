/** The 64 bytes that every transport carries: a control message's header, a sequence number, and a body. */
import type { Checker, Mark } from './checker.ts';

export const ENTRY_BYTES = 64;
const TYPE = 42;
const MARK_AT = 1;
const LENGTH_AT = 3;
const SEQUENCE_AT = 4;
const BODY_AT = 8;
const BODY_BYTE = 0x5a;

/** Fills what does not change from message to message. */
export function initializeEntry(entry: Uint8Array): Uint8Array {
  entry.fill(BODY_BYTE, BODY_AT);
  entry[0] = TYPE;
  entry[2] = 0;
  entry[LENGTH_AT] = entry.length < 256 ? entry.length - 4 : 0;
  return entry;
}

export function stamp(entry: Uint8Array, sequence: number, mark: Mark): void {
  entry[MARK_AT] = mark;
  // Four byte stores: a DataView or a typed array of words would be one more object for each slot.
  entry[SEQUENCE_AT] = sequence;
  entry[SEQUENCE_AT + 1] = sequence >>> 8;
  entry[SEQUENCE_AT + 2] = sequence >>> 16;
  entry[SEQUENCE_AT + 3] = sequence >>> 24;
}

export function sequenceOf(entry: Uint8Array): number {
  return (
    (entry[SEQUENCE_AT]! |
      (entry[SEQUENCE_AT + 1]! << 8) |
      (entry[SEQUENCE_AT + 2]! << 16) |
      (entry[SEQUENCE_AT + 3]! << 24)) >>>
    0
  );
}

/** The back's look at a request: its sequence number, and its mark when it has one. */
export function checkEntry(checker: Checker, entry: Uint8Array): void {
  checker.take(sequenceOf(entry), entry[MARK_AT]!);
}

/**
 * Entries to send, one after the other. One is used again only when 15 more were sent, by when, with a window of 8,
 * its response has come: no transport can still be reading it.
 */
export class EntryPool {
  readonly #entries = Array.from({ length: 16 }, () => initializeEntry(Buffer.alloc(ENTRY_BYTES)));

  next(sequence: number, mark: Mark): Buffer {
    const entry = this.#entries[sequence & 15]! as Buffer;
    stamp(entry, sequence, mark);
    return entry;
  }
}

/** Where the words of an entry lie, for who has all entries in one array of words. */
const WORD_OF_SEQUENCE = SEQUENCE_AT / 4;

/** The first word of an entry of `entryBytes`: type, mark, id and length, as {@link initializeEntry} and the mark have them. */
export function headerWord(entryBytes: number, mark: Mark): number {
  const entry = initializeEntry(new Uint8Array(entryBytes));
  entry[MARK_AT] = mark;
  return new Uint32Array(entry.buffer)[0]!;
}

/** {@link stamp} by words: `first` is the entry's first word. */
export function stampWords(words: Uint32Array, first: number, header: number, sequence: number): void {
  words[first] = header;
  words[first + WORD_OF_SEQUENCE] = sequence;
}

export function sequenceOfWords(words: Uint32Array, first: number): number {
  return words[first + WORD_OF_SEQUENCE]!;
}

export function markOfWords(words: Uint32Array, first: number): Mark {
  return (words[first]! >>> (8 * MARK_AT)) & 0xff;
}
