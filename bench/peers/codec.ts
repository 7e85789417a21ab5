/**
 * Times one library on all 42 messages, both ways, in one process that knows them all: what is timed is code that has seen
 * other messages too, as in a program. Prints its figures as JSON.
 */
import { readFileSync } from 'node:fs';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { decode, encode, type MessageDefinition, SEED_MESSAGES, slotLength } from 'ctrl-if/wire';
import type { Figures } from '../harness/case.ts';
import { median } from '../harness/stats.ts';
import { type LibraryName, libraries, type MessageCodec, type Values } from './codec-libraries.ts';
import type { Timing } from './job.ts';
import { printFigures } from './peer.ts';

export interface CodecJob extends Timing {
  library: LibraryName;
  /** The golden vectors: three of each message. */
  vectors: string;
  /** Whether to count bytes allocated: the same in every round, and half a trial's time. */
  counts: boolean;
}

type Loop = (count: number) => unknown;

/** One way of one message. */
interface Subject {
  readonly row: string;
  readonly loop: Loop;
  count: number;
  readonly times: number[];
}

const SLOTS = 8;
const WARMUPS = 4;
const PASSES = 5;
const ALLOCATION_MESSAGES = 2000;
/** V8 compiles what has run often and long: a library must have had this much of each message, however short the trial. */
const LEAST_WARMUP_NS = 1.5e6;

/** Slots beside each other in one buffer, an array each: what a ring hands to the codec. */
function ring(): Uint8Array[] {
  const buffer = new ArrayBuffer(SLOTS * 64);
  return Array.from({ length: SLOTS }, (_, i) => new Uint8Array(buffer, i * 64, 64));
}

/** A loop of its own for each: with one for all, what is timed would be the loop's calls of anything. */
function encodeLoop(codec: MessageCodec, values: unknown[]): Loop {
  const source = `return (count) => { for (let i = 0, k = 0; i < count; i++) {
    encode(values[k], i & 7);
    if (++k === values.length) k = 0;
  } };`;
  return new Function('encode', 'values', source)(codec.encode, values) as Loop;
}

function decodeLoop(codec: MessageCodec): Loop {
  const source = 'let last; return (count) => { for (let i = 0; i < count; i++) last = decode(i & 7); return last; };';
  return new Function('decode', source)(codec.decode) as Loop;
}

await printFigures(async ({ library: name, vectors, counts, warmupMs, timedMs }: CodecJob) => {
  const library = await libraries[name]();
  const golden = JSON.parse(readFileSync(vectors, 'utf8')) as { name: string; hex: string }[];

  function subjectsOf(definition: MessageDefinition): Subject[] {
    const slots = ring();
    const codec = library(definition, slots);
    const own = golden.filter((vector) => vector.name === definition.name).map(({ hex }) => Buffer.from(hex, 'hex'));
    const messages = own.map((bytes): Values => {
      const [type, subtype, id, length] = bytes;
      return { type, subtype, id, length, ...decode(bytes) };
    });
    for (const [i, slot] of slots.entries()) {
      slot.set(own[i % own.length]!);
      checkDecoded(`${name} ${definition.name}`, messages[i % own.length]!, codec.decode(i) as Values);
    }
    const subject = (way: string, loop: Loop): Subject => {
      return { row: `codec.${way}.${name}.${definition.name}`, loop, count: 500, times: [] };
    };
    const decoding = subject('decode', decodeLoop(codec));
    if (!codec.encode) return [decoding];
    // Into slots of its own, so that what the decoder reads stays.
    const target = ring();
    const encoder = library(definition, target);
    const values = messages.map((message) => encoder.adapt(message));
    for (const [k, value] of values.entries()) {
      target[0]!.fill(0);
      encoder.encode!(value, 0);
      checkEncoded(`${name} ${definition.name}`, messages[k]!, target[0]!, name === 'ctrlIf' ? 7 : undefined);
    }
    return [decoding, subject('encode', encodeLoop(encoder, values))];
  }

  useYoungGeneration();
  const subjects = SEED_MESSAGES.flatMap(subjectsOf);
  const share = (milliseconds: number) => (milliseconds * 1e6) / subjects.length;
  for (let warmup = 0; warmup < WARMUPS; warmup++)
    for (const subject of subjects) {
      const needed = Math.max(share(warmupMs) / WARMUPS, LEAST_WARMUP_NS);
      subject.count = Math.ceil(needed / time(subject));
    }
  for (const subject of subjects) subject.count = Math.max(1000, Math.round(share(timedMs) / PASSES / time(subject)));
  for (let pass = 0; pass < PASSES; pass++) for (const subject of subjects) subject.times.push(time(subject));

  const figures = subjects.map(({ row, loop, times }): Figures => {
    return { row, p50: median(times), ...(counts && { more: { bytesPerMessage: bytesAllocated(loop) } }) };
  });
  for (const family of [`codec.encode.${name}`, `codec.decode.${name}`]) {
    const own = figures.filter(({ row }) => row!.startsWith(`${family}.`));
    if (own.length === 0) continue;
    const more = { bytesPerMessage: median(own.map((figure) => figure.more?.bytesPerMessage ?? 0)) };
    figures.push({ row: family, p50: median(own.map(({ p50 }) => p50!)), ...(counts && { more }) });
  }
  return figures;
});

/** Numbers must be what ctrl-if makes of the same bytes, or the library was told another struct. */
function checkDecoded(what: string, message: Values, decoded: Values): void {
  for (const [field, value] of Object.entries(message)) {
    const other = decoded[field];
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    if (isNumber && typeof other === typeof value && other !== value)
      throw new Error(`${what}: decodes ${field} to ${other}, not ${value}`);
  }
}

/** `ownId`: of a library that takes none from the message. */
function checkEncoded(what: string, message: Values, encoded: Uint8Array, ownId?: number): void {
  const { type, subtype, id, length, ...plain } = message;
  const expected = encode(plain as never, ownId ?? (id as number));
  const end = 4 + slotLength(expected);
  if (Buffer.compare(expected.subarray(0, end), encoded.subarray(0, end)) !== 0)
    throw new Error(`${what}: encodes to ${Buffer.from(encoded).toString('hex')}`);
}

/** Nanoseconds a message. */
function time({ loop, count }: Subject): number {
  const start = process.hrtime.bigint();
  loop(count);
  return Number(process.hrtime.bigint() - start) / count;
}

/** From the difference of two runs, the best of four each, because V8 takes whole pages now and then, for itself too. */
function bytesAllocated(loop: Loop): number {
  const heapGrowth = (count: number) => {
    globalThis.gc!();
    const before = getHeapStatistics().used_heap_size;
    loop(count);
    return getHeapStatistics().used_heap_size - before;
  };
  const least = (count: number) => Math.min(...[1, 2, 3, 4].map(() => heapGrowth(count)));
  const growth = least(3 * ALLOCATION_MESSAGES) - least(ALLOCATION_MESSAGES);
  return Math.max(0, Math.round(growth / (2 * ALLOCATION_MESSAGES)));
}

/**
 * Fills both halves of the young generation with garbage. The first use of each of its pages is the system's work, which can take as
 * long as a thousand messages: a program has it behind it, and a short trial would show little else.
 */
function useYoungGeneration(): void {
  const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!;
  for (let bytes = 0; bytes < 3 * space_size; bytes += 1024) new Array(1024 / 8).fill(bytes);
}
