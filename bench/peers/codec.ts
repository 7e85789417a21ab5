/**
 * Times one library on all 42 messages, both ways, in one process that knows them all: what is timed is code that has seen
 * other messages too, as in a program. Prints its figures as JSON.
 */
import { readFileSync } from 'node:fs';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { decode, encode, type MessageDefinition, SEED_MESSAGES, slotLength } from 'ctrl-if/wire';
import type { Figures } from '../harness/case.ts';
import { libraries } from './codec-libraries.ts';
import { type LibraryName, type MessageCodec, plainFields, type Values } from './codec-library.ts';

export interface CodecJob {
  library: LibraryName;
  /** The golden vectors: three of each message. */
  vectors: string;
  warmupMs: number;
  timedMs: number;
  /** Whether to count bytes allocated: the same in every round, and half a trial's time. */
  counts: boolean;
}

type Loop = (count: number) => unknown;
type Way = 'encode' | 'decode';

const SLOTS = 8;
const PASSES = 5;
const ALLOCATION_MESSAGES = 2000;
/** V8 compiles what has run often and long: a library must have had this much of each message, however short the trial. */
const LEAST_WARMUP_NS = 1.5e6;

const job = JSON.parse(process.argv[2]!) as CodecJob;
const library = await libraries[job.library]();
const vectors = JSON.parse(readFileSync(job.vectors, 'utf8')) as { name: string; hex: string }[];
const collectGarbage = (globalThis as { gc?: () => void }).gc;
if (!collectGarbage) throw new Error('run it with --expose-gc');

/** Slots beside each other in one buffer, an array each: what a ring hands to the codec. */
const ring = (): Uint8Array[] => {
  const buffer = new ArrayBuffer(SLOTS * 64);
  return Array.from({ length: SLOTS }, (_, i) => new Uint8Array(buffer, i * 64, 64));
};

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

interface Subject {
  readonly row: string;
  readonly way: Way;
  readonly loop: Loop;
  count: number;
  readonly times: number[];
}

function subjectsOf(definition: MessageDefinition): Subject[] {
  const slots = ring();
  const codec = library(plainFields(definition), slots, definition);
  const golden = vectors.filter(({ name }) => name === definition.name).map(({ hex }) => Buffer.from(hex, 'hex'));
  const messages = golden.map((bytes): Values => {
    const [type, subtype, id, length] = bytes;
    return { type, subtype, id, length, ...decode(bytes) };
  });
  for (const [i, slot] of slots.entries()) slot.set(golden[i % golden.length]!);
  for (const i of slots.keys()) checkDecoded(definition, messages[i % messages.length]!, codec.decode(i) as Values);

  const subject = (way: Way, loop: Loop): Subject => ({
    row: `codec.${way}.${job.library}.${definition.name}`,
    way,
    loop,
    count: 0,
    times: [],
  });
  const subjects = [subject('decode', decodeLoop(codec))];
  if (codec.encode) {
    // Into slots of its own, so that what the decoder reads stays.
    const target = ring();
    const encoder = library(plainFields(definition), target, definition);
    const values = messages.map((message) => encoder.adapt(message));
    for (const [k, value] of values.entries()) checkEncoded(definition, encoder, value, target, messages[k]!);
    subjects.push(subject('encode', encodeLoop(encoder, values)));
  }
  return subjects;
}

/** Numbers must be what ctrl-if makes of the same bytes, or the library was told another struct. */
function checkDecoded({ name }: MessageDefinition, message: Values, decoded: Values): void {
  for (const [field, value] of Object.entries(message)) {
    const other = decoded[field];
    if (typeof value === typeof other && typeof value !== 'object' && typeof value !== 'string' && value !== other)
      throw new Error(`${job.library} decodes ${name}.${field} to ${other}, not ${value}`);
  }
}

function checkEncoded(
  { name }: MessageDefinition,
  codec: MessageCodec,
  value: unknown,
  target: readonly Uint8Array[],
  message: Values,
): void {
  target[0]!.fill(0);
  codec.encode!(value, 0);
  const { type, subtype, id, length, ...plain } = message;
  const expected = encode(plain as never, job.library === 'ctrlIf' ? 7 : (id as number));
  const end = 4 + slotLength(expected);
  if (Buffer.compare(expected.subarray(0, end), target[0]!.subarray(0, end)) !== 0)
    throw new Error(`${job.library} encodes ${name} to ${Buffer.from(target[0]!).toString('hex')}`);
}

function time(loop: Loop, count: number): number {
  const start = process.hrtime.bigint();
  loop(count);
  return Number(process.hrtime.bigint() - start) / count;
}

function heapGrowth(loop: Loop, count: number): number {
  collectGarbage!();
  const before = getHeapStatistics().used_heap_size;
  loop(count);
  return getHeapStatistics().used_heap_size - before;
}

/** From the difference of two runs, the best of four each, because V8 takes whole pages now and then, for itself too. */
function bytesAllocated(loop: Loop): number {
  const least = (count: number) => Math.min(...[1, 2, 3, 4].map(() => heapGrowth(loop, count)));
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

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

useYoungGeneration();
const subjects = SEED_MESSAGES.flatMap((definition) => subjectsOf(definition));
const share = (milliseconds: number) => (milliseconds * 1e6) / subjects.length;
const WARMUPS = 4;
for (let warmup = 0; warmup < WARMUPS; warmup++)
  for (const subject of subjects) {
    const nanoseconds = time(subject.loop, subject.count || 500);
    subject.count = Math.ceil(Math.max(share(job.warmupMs) / WARMUPS, LEAST_WARMUP_NS) / nanoseconds);
  }
for (const subject of subjects) {
  const nanoseconds = time(subject.loop, subject.count);
  subject.count = Math.max(1000, Math.round(share(job.timedMs) / PASSES / nanoseconds));
}
for (let pass = 0; pass < PASSES; pass++)
  for (const subject of subjects) subject.times.push(time(subject.loop, subject.count));

const rows = subjects.map(({ row, way, loop, times }) => ({
  way,
  p50: median(times),
  bytes: job.counts ? bytesAllocated(loop) : 0,
  row,
}));
const figuresOf = (row: string, p50: number, bytesPerMessage: number): Figures => ({
  row,
  unit: 'ns',
  p50,
  ...(job.counts && { more: { bytesPerMessage } }),
});
const figures = rows.map(({ row, p50, bytes }) => figuresOf(row, p50, bytes));
for (const way of ['encode', 'decode'] as const) {
  const own = rows.filter((row) => row.way === way);
  if (own.length === 0) continue;
  const bytes = median(own.map((row) => row.bytes));
  figures.push(figuresOf(`codec.${way}.${job.library}`, median(own.map(({ p50 }) => p50)), bytes));
}
process.stdout.write(JSON.stringify(figures));
