/**
 * A struct is declared once, as its fields in order. Its TypeScript type, its checks, its encoder and its decoder come from that
 * declaration. Fields are packed: each starts where the previous one ends.
 */
import { unknownKey } from '../unknown-key.ts';
import { badDefinition, badValue } from './errors.ts';
import type { Field, FieldRole } from './fields/field.ts';
import { HEADER_BYTES, PAYLOAD_BYTES } from './layout.ts';

/** A declaration: the header's fields in order, with camelCase names. Padding is called `__pad`, `__pad0`, ... */
export type Fields = Readonly<Record<string, Field<unknown, FieldRole>>>;

type ValueOf<F> = F extends Field<infer T, FieldRole> ? T : never;
type Named<F extends Fields, Role extends FieldRole> = {
  [K in keyof F]: F[K]['role'] extends Role ? K : never;
}[keyof F];

/** Makes one object type of an intersection, for readable types in editors. */
export type Flat<T> = { [K in keyof T]: T[K] };

/** A decoded payload: all fields except the padding. */
export type Decoded<F extends Fields> = { -readonly [K in Named<F, 'in' | 'out'>]: ValueOf<F[K]> };

/** A payload to be encoded: the IN fields, and optionally the OUT fields. */
export type Input<F extends Fields> = Flat<
  { -readonly [K in Named<F, 'in'>]: ValueOf<F[K]> } & {
    -readonly [K in Named<F, 'out'>]?: ValueOf<F[K]> | undefined;
  }
>;

/** A field and its place in a struct. */
export interface PlacedField {
  /** The field's name in the declaration. */
  readonly name: string;
  /** Bytes from the start of the payload. In the slot, it lies 4 bytes further. */
  readonly offset: number;
  /** The field's type. */
  readonly type: Field<unknown, FieldRole>;
}

/** A schema, made by {@link struct}. `F` carries the types. */
export interface Struct<F extends Fields = Fields> {
  /** The struct's name in the header; null when it has none there (console data, or no payload). */
  readonly cName: string | null;
  /** The declaration, from which {@link Decoded} and {@link Input} are inferred. */
  readonly declaration: F;
  /** All fields in order, with the padding. */
  readonly fields: readonly PlacedField[];
  /** Bytes of the payload without a {@link tail}. */
  readonly size: number;
  /** The most bytes of the payload: more than `size` only with a {@link tail}. */
  readonly maxSize: number;
  /** @throws CtrlIfError `ERR_CTRL_IF_VALUE` for the first field, in order, whose value cannot be encoded */
  check(message: string, values: object): void;
}

const VISIBLE_NAME = /^[a-z][a-zA-Z0-9]*$/;
const PAD_NAME = /^__pad\d*$/;

/**
 * Declares a struct: `struct('blkif_be_create_t', { domid, __pad: pad(2), blkifHandle: u32, status: out(u32) })`.
 *
 * @param start the offset of the first field; negative only for a struct that includes the slot's header
 * @throws CtrlIfError `ERR_CTRL_IF_DEFINITION` when a name is not camelCase or is `name` or `id`, when a field follows a `tail`, or
 *   when the struct has more than 60 bytes
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

/** ERR_CTRL_IF_VALUE for an invalid value of this field. */
export const badField = (message: string, { name, offset, type }: PlacedField, received: unknown): Error =>
  badValue(message, name, HEADER_BYTES + offset, type.expected, received);

/** The fields of a message: all except the padding. */
export const visibleFields = (fields: readonly PlacedField[]): readonly PlacedField[] =>
  fields.filter(({ type }) => type.role !== 'pad');

/** Throws ERR_CTRL_IF_VALUE for the first own key of `values` that the message does not have. */
export function ensureKeys(message: string, visible: readonly PlacedField[], values: object): void {
  for (const key of Object.keys(values)) {
    if (key === 'name' || visible.some(({ name }) => name === key)) continue;
    const hint = key === 'id' ? '; an id is no part of a message: fromJSON() gives the two apart, { message, id }' : '';
    const known = ['name', ...visible.map(({ name }) => name)];
    throw unknownKey(message, key, known, (values as Record<string, unknown>)[key], hint);
  }
}

/** No payload: length 0. */
export const nothing = struct(null, {});
