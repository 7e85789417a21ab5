/** One sample of each message. It is made from the wire table alone, so both processes have the same one. */
import {
  type MessageDefinition,
  type MessageInput,
  PAYLOAD_BYTES,
  type PlacedField,
  seedCodec,
} from '../wire/index.ts';

export interface Sample {
  definition: MessageDefinition;
  request: MessageInput;
  /** The OUT fields of the response; empty when the response equals the request. */
  answer: Record<string, unknown>;
  /** Both as slots with id 0, to compare with the slots that arrive. */
  requestBytes: Uint8Array;
  responseBytes: Uint8Array;
}

export function sampleOf(definition: MessageDefinition): Sample {
  const { name, struct } = definition;
  const visible = struct.fields.filter(({ type }) => type.role !== 'pad');
  const values = (fields: readonly PlacedField[], salt: string) =>
    Object.fromEntries(fields.map((field) => [field.name, sampleValue(field, `${name}.${field.name}.${salt}`)]));
  const request = { name, ...values(visible, 'request') } as MessageInput;
  const answer = values(
    visible.filter(({ type }) => type.role === 'out'),
    'response',
  );
  return {
    definition,
    request,
    answer,
    requestBytes: seedCodec.encode(request, 0),
    responseBytes: seedCodec.encode({ ...request, ...answer }, 0),
  };
}

/**
 * A value without a zero byte, so that a missing, swapped or stale byte shows. Numbers have their highest bit set, where
 * signed and unsigned differ. Text and console data fill their field to the last byte.
 */
function sampleValue({ type }: PlacedField, seed: string): unknown {
  const size = type.tail === undefined ? type.size : PAYLOAD_BYTES;
  const view = new DataView(new ArrayBuffer(size));
  const random = randomBytesOf(seed);
  for (let i = 0; i < size; i++)
    view.setUint8(i, type.cType.startsWith('char[') ? printable(random()) : nonZero(random()));
  const isNumber = typeof type.zero === 'number' || typeof type.zero === 'bigint';
  if (isNumber) view.setUint8(size - 1, view.getUint8(size - 1) | 0x80);
  const value = type.read(view, 0, size);
  if (value !== undefined) return value;
  // A C string ends with a NUL.
  view.setUint8(size - 1, 0);
  return type.read(view, 0, size);
}

const nonZero = (byte: number): number => (byte % 255) + 1;
const printable = (byte: number): number => 0x21 + (byte % 94);

/** mulberry32 from the FNV-1a of the seed: fields differ, and every run gives the same values. */
function randomBytesOf(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) & 0xff;
  };
}
