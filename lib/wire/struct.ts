/**
 * A struct is declared once, as its fields in order; its TypeScript type, its checks, its encoder and its decoder all come
 * from that declaration. Fields are packed: each starts where the one before it ends.
 */
import { unknownKey } from '../unknown-key.ts';
import { badDefinition, badValue } from './errors.ts';
import type { Field, FieldRole } from './fields/field.ts';
import { HEADER_BYTES, PAYLOAD_BYTES } from './layout.ts';

/** The declaration: camelCase names of the header's fields, in the header's order; padding is called `__pad`, `__pad0`, ... */
export type Fields = Readonly<Record<string, Field<unknown, FieldRole>>>;

type ValueOf<F> = F extends Field<infer T, FieldRole> ? T : never;
type Named<F extends Fields, Role extends FieldRole> = {
  [K in keyof F]: F[K]['role'] extends Role ? K : never;
}[keyof F];

/** Shows an intersection as the one object type that it is. */
export type Flat<T> = { [K in keyof T]: T[K] };

/** What a payload decodes to: every field but the padding. */
export type Decoded<F extends Fields> = { -readonly [K in Named<F, 'in' | 'out'>]: ValueOf<F[K]> };

/** What a payload is encoded from: IN fields, and OUT fields where they are known. */
export type Input<F extends Fields> = Flat<
  { -readonly [K in Named<F, 'in'>]: ValueOf<F[K]> } & {
    -readonly [K in Named<F, 'out'>]?: ValueOf<F[K]> | undefined;
  }
>;

/** A field in its place. `offset` counts from the start of the payload; in the slot it lies 4 bytes further. */
export interface PlacedField {
  readonly name: string;
  readonly offset: number;
  readonly type: Field<unknown, FieldRole>;
}

/** A schema: what {@link struct} makes of a declaration. `F` carries the types. */
export interface Struct<F extends Fields = Fields> {
  /** The name in the header; null for a payload that has none there (console data, no payload at all). */
  readonly cName: string | null;
  /** The declaration; Decoded and Input are inferred from it. */
  readonly declaration: F;
  /** All fields in order, padding among them. */
  readonly fields: readonly PlacedField[];
  /** Bytes of the payload, but for a {@link tail}. */
  readonly size: number;
  /** Bytes of the payload at most: more than `size` only with a {@link tail}. */
  readonly maxSize: number;
  /** Throws ERR_CTRL_IF_VALUE for the first field, in order, whose value cannot be encoded. */
  check(message: string, values: object): void;
}

const VISIBLE_NAME = /^[a-z][a-zA-Z0-9]*$/;
const PAD_NAME = /^__pad\d*$/;

/**
 * Declares a struct: `struct('blkif_be_create_t', { domid, __pad: pad(2), blkifHandle: u32, status: out(u32) })`.
 *
 * @param start where the first field lies: before the payload only for what describes the slot's own header
 * @throws ERR_CTRL_IF_DEFINITION for a name that is not camelCase or is taken (`name`, `id`), a field after a `tail`, or
 *   more than 60 bytes
 */
export function struct<F extends Fields>(cName: string | null, declaration: F, start = 0): Struct<F> {
  const subject = cName ?? 'struct';
  const fields: PlacedField[] = [];
  let size = start;
  let maxSize = start;
  for (const [name, type] of Object.entries(declaration)) {
    if (!(type.role === 'pad' ? PAD_NAME : VISIBLE_NAME).test(name))
      throw badDefinition(subject, 'field name', 'camelCase, and __pad or __pad0, __pad1 ... for padding', name);
    if (name === 'name' || name === 'id')
      throw badDefinition(subject, 'field name', 'other than the "name" and "id" that every message has', name);
    if (maxSize > size) throw badDefinition(subject, 'tail()', 'the last field', name);
    fields.push({ name, offset: size, type });
    size += type.size;
    maxSize = size + (type.tail ?? 0);
  }
  if (maxSize > PAYLOAD_BYTES) throw badDefinition(subject, 'size', `at most ${PAYLOAD_BYTES} bytes`, maxSize);
  return {
    cName,
    declaration,
    fields,
    size: Math.max(size, 0),
    maxSize: Math.max(maxSize, 0),
    check: checkOf(fields),
  };
}

function checkOf(fields: readonly PlacedField[]): Struct['check'] {
  const visible = visibleFields(fields);
  return (message, values) => {
    for (const field of visible) {
      const value = (values as Record<string, unknown>)[field.name];
      if (!field.type.accepts(value) && !(value === undefined && field.type.role === 'out'))
        throw badField(message, field, value);
    }
  };
}

/** ERR_CTRL_IF_VALUE for a value of this field, to be encoded or just read. */
export const badField = (message: string, { name, offset, type }: PlacedField, received: unknown): Error =>
  badValue(message, name, HEADER_BYTES + offset, type.expected, received);

/** What fields a message shows: all but the padding. */
export const visibleFields = (fields: readonly PlacedField[]): readonly PlacedField[] =>
  fields.filter(({ type }) => type.role !== 'pad');

/** Throws ERR_CTRL_IF_VALUE for the first key of `values` that the message does not have; inherited ones are not looked at. */
export function ensureKeys(message: string, visible: readonly PlacedField[], values: object): void {
  for (const key of Object.keys(values)) {
    if (key === 'name' || visible.some(({ name }) => name === key)) continue;
    const hint = key === 'id' ? '; an id is no part of a message: fromJSON() gives the two apart, { message, id }' : '';
    const known = ['name', ...visible.map(({ name }) => name)];
    throw unknownKey(message, key, known, (values as Record<string, unknown>)[key], hint);
  }
}

/** No payload at all: length 0. */
export const nothing = struct(null, {});
