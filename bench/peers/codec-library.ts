/** What `codec.ts` measures: one library, given the struct of one message. */
import type { Field, FieldRole, MessageDefinition } from 'ctrl-if/wire';

export type LibraryName = 'ctrlIf' | 'binaryParser' | 'typedBinary' | 'restructure';

export type Values = Record<string, unknown>;

/**
 * One message in one library, over the slots of a ring. Each takes a value in the form that is cheapest for it (`adapt`, not
 * timed): a MAC address as six bytes, padded text, 64 bits as two halves, where ctrl-if takes and makes strings and bigints.
 */
export interface MessageCodec {
  adapt(values: Values): unknown;
  /** Undefined for a library that only decodes. */
  readonly encode: ((value: unknown, slot: number) => unknown) | undefined;
  decode(slot: number): unknown;
}

export type Library = (
  fields: readonly PlainField[],
  slots: readonly Uint8Array[],
  definition: MessageDefinition,
) => MessageCodec;

export interface PlainField {
  readonly name: string;
  readonly kind: 'u8' | 'u16' | 'u32' | 'u64' | 'bytes' | 'text' | 'tail' | 'pad';
  readonly size: number;
}

const HEADER: readonly PlainField[] = ['type', 'subtype', 'id', 'length'].map((name) => ({
  name,
  kind: 'u8',
  size: 1,
}));

function kindOf({ role, size, tail, zero }: Field<unknown, FieldRole>): PlainField['kind'] {
  if (role === 'pad') return 'pad';
  if (tail !== undefined) return 'tail';
  if (typeof zero === 'bigint') return 'u64';
  if (typeof zero === 'number') return size === 1 ? 'u8' : size === 2 ? 'u16' : 'u32';
  return size === 6 ? 'bytes' : 'text';
}

/** The whole message: header and payload. */
export function plainFields({ struct }: MessageDefinition): readonly PlainField[] {
  const payload = struct.fields.map(({ name, type }) => ({ name, kind: kindOf(type), size: type.size }));
  return [...HEADER, ...payload];
}

/** A MAC address as its bytes. */
export const macBytes = (mac: string): Uint8Array =>
  Uint8Array.from(mac.split(':'), (digits) => Number.parseInt(digits, 16));
