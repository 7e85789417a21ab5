/** Random messages of any definition, made from its schema alone. */
import fc from 'fast-check';
import {
  bytes,
  char,
  defineMessage,
  f64,
  i32,
  i64,
  type MessageDefinition,
  mac,
  out,
  type PlacedField,
  pad,
  SEED_MESSAGES,
  tail,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../../lib/wire/index.ts';

/** One message with every field type, and one with a tail after fixed fields. */
export const everything = defineMessage({
  name: 'EVERYTHING',
  type: 11,
  payload: {
    a: u8,
    __pad: pad(3),
    b: u16,
    c: u32,
    d: u64,
    e: i32,
    f: i64,
    g: f64,
    h: mac,
    i: char,
    j: text(7),
    k: bytes(4),
    l: out(u16),
  },
});
export const chunk = defineMessage({
  name: 'CHUNK',
  type: 255,
  subtype: 255,
  payload: { sequence: u32, data: tail(56) },
});

export const definitions: readonly MessageDefinition[] = [...SEED_MESSAGES, everything, chunk];

const byte = fc.integer({ min: 0, max: 0xff });

const utf8Text = (size: number): fc.Arbitrary<string> =>
  fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('a', '/', '1', '\u{e9}', '\u{20ac}', '\u{1f600}', '\ufeff'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: size,
    })
    .filter((value) => !value.includes('\0') && Buffer.byteLength(value) <= size);

function value({ type }: PlacedField): fc.Arbitrary<unknown> {
  if (type.tail !== undefined) return fc.uint8Array({ maxLength: type.tail });
  const array = /^(char|u8)\[(\d+)\]$/.exec(type.cType);
  if (array && type.zero instanceof Uint8Array) return fc.uint8Array({ minLength: type.size, maxLength: type.size });
  if (array?.[1] === 'char') {
    // A C string has room for one byte less.
    return utf8Text(type.accepts('x'.repeat(type.size)) ? type.size : type.size - 1);
  }
  if (array)
    return fc
      .array(byte, { minLength: 6, maxLength: 6 })
      .map((b) => b.map((x) => x.toString(16).padStart(2, '0')).join(':'));
  switch (type.cType) {
    case 'char':
      return byte.map((code) => String.fromCharCode(code));
    case 'f64':
      return fc.double();
    case 'i32':
      return fc.integer();
    case 'i64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'u64':
    case 'memory_t':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    default:
      return fc.oneof(
        fc.constantFrom(0, 2 ** (8 * type.size) - 1),
        fc.integer({ min: 0, max: 2 ** (8 * type.size) - 1 }),
      );
  }
}

export type AnyMessage = { name: string; [field: string]: unknown };

export const visible = (definition: MessageDefinition): PlacedField[] =>
  definition.struct.fields.filter(({ type }) => type.role !== 'pad');

/** A message of this definition with every field given. */
export const messageOf = (definition: MessageDefinition): fc.Arbitrary<AnyMessage> =>
  fc
    .record(Object.fromEntries(visible(definition).map((field) => [field.name, value(field)])), {
      noNullPrototype: true,
    })
    .map((fields) => ({ name: definition.name, ...fields }));

export const anyDefinition = fc.constantFrom(...definitions);
export const anyMessage = anyDefinition.chain((definition) =>
  fc.record({ definition: fc.constant(definition), message: messageOf(definition), id: byte }),
);

/** Any 64 bytes, most of which begin like a message that exists. */
export const anySlot = fc
  .record({
    bytes: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    definition: fc.option(anyDefinition),
    length: fc.option(byte),
  })
  .map(({ bytes, definition, length }) => {
    if (definition) bytes.set([definition.type, definition.subtype, bytes[2]!, length ?? definition.struct.size]);
    return bytes;
  });
