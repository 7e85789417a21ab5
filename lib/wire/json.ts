/** Messages as flat JSON objects, for command lines, logs and fixtures. */
import type { MessageDefinition } from './definition.ts';
import { badValue } from './errors.ts';
import { HEADER_BYTES, ID_NO_ANSWER, ID_OFFSET } from './layout.ts';
import { ensureByte } from './slot.ts';
import type { PlacedField } from './struct.ts';

/** A message in JSON: `{ name, id, ...fields }`. Each field is a string or a number. */
export interface JsonMessage {
  /** The header's constant without `CMSG_`, or the name of the user's definition. */
  name: string;
  /** The id of the request, 0 to 255. */
  id: number;
  [field: string]: string | number;
}

/** `{ message, id }`, the message as encode takes it. */
export interface ParsedMessage {
  message: { name: string };
  id: number;
}

/** See {@link Codec.toJSON}. */
export function toJSON(definition: MessageDefinition, message: object, id: number): JsonMessage {
  const { name, struct } = definition;
  struct.check(name, message);
  ensureByte(name, 'id', ID_OFFSET, id);
  const object: JsonMessage = { name, id };
  for (const field of visible(definition)) {
    const value = (message as Record<string, unknown>)[field.name] ?? field.type.zero;
    object[field.name] = valueToJSON(value);
  }
  return object;
}

/** See {@link Codec.fromJSON}. */
export function fromJSON(find: (name: unknown) => MessageDefinition, object: unknown): ParsedMessage {
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw badValue('fromJSON()', 'message', undefined, 'an object with a name', object);
  const given = new Map<string, unknown>(Object.entries(object));
  const definition = find(given.get('name'));
  const { name, struct } = definition;
  const fields = visible(definition);

  const keys = ['name', 'id', ...fields.map((field) => field.name)];
  for (const key of given.keys())
    if (!keys.includes(key))
      throw badValue(name, key, undefined, `left out; the keys are ${keys.join(', ')}`, given.get(key));

  const message: { name: string; [field: string]: unknown } = { name };
  for (const field of fields)
    if (given.has(field.name)) message[field.name] = valueFromJSON(name, field, given.get(field.name));
  struct.check(name, message);

  const id = given.get('id') ?? ID_NO_ANSWER;
  ensureByte(name, 'id', ID_OFFSET, id as number);
  return { message, id: id as number };
}

const visible = ({ struct }: MessageDefinition): readonly PlacedField[] =>
  struct.fields.filter(({ type }) => type.role !== 'pad');

function valueToJSON(value: unknown): string | number {
  if (typeof value === 'bigint') return value < 0n ? `${value}` : `0x${value.toString(16)}`;
  if (value instanceof Uint8Array) return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value as string | number;
}

/** Converts values that JSON writes differently, by the type of the field's zero. The struct checks the result. */
function valueFromJSON(message: string, field: PlacedField, json: unknown): unknown {
  const { zero } = field.type;
  if (typeof zero === 'bigint') {
    if (Number.isSafeInteger(json)) return BigInt(json as number);
    if (typeof json === 'string' && INTEGER.test(json)) return BigInt(json);
    throw unparsable(message, field, 'a string such as "0x1234" or "4660", or a safe integer', json);
  }
  if (zero instanceof Uint8Array) {
    if (typeof json === 'string' && HEX_BYTES.test(json)) return parseBytes(json);
    throw unparsable(message, field, 'a string of hexadecimal digits, two a byte', json);
  }
  if (typeof zero === 'number' && typeof json === 'string' && NON_FINITE.has(json)) return Number(json);
  return json;
}

const INTEGER = /^(0x[\da-f]+|-?\d+)$/i;
const HEX_BYTES = /^([\da-f]{2})*$/i;
const NON_FINITE: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

const parseBytes = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));

const unparsable = (message: string, { name, offset, type }: PlacedField, notation: string, received: unknown): Error =>
  badValue(message, name, HEADER_BYTES + offset, `${type.expected}; in JSON ${notation}`, received);
