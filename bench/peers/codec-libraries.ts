/** ctrl-if and its rivals, each given the struct of one message. A rival is imported only when it is measured. */
import { type Field, type FieldRole, type MessageDefinition, seedCodec } from 'ctrl-if/wire';

export type LibraryName = 'ctrlIf' | 'binaryParser' | 'typedBinary' | 'restructure';

export type Values = Record<string, unknown>;

/** One message in one library, over the slots of a ring. */
export interface MessageCodec {
  /** The form of a value that is cheapest for the library; not timed. */
  adapt(values: Values): unknown;
  /** Undefined for a library that only decodes. */
  readonly encode: ((value: unknown, slot: number) => unknown) | undefined;
  decode(slot: number): unknown;
}

type Library = (definition: MessageDefinition, slots: readonly Uint8Array[]) => MessageCodec;

type Kind = 'u8' | 'u16' | 'u32' | 'u64' | 'bytes' | 'text' | 'tail' | 'pad';

interface PlainField {
  readonly name: string;
  readonly kind: Kind;
  readonly size: number;
}

const HEADER = ['type', 'subtype', 'id', 'length'].map((name): PlainField => ({ name, kind: 'u8', size: 1 }));

function kindOf({ role, size, tail, zero }: Field<unknown, FieldRole>): Kind {
  if (role === 'pad') return 'pad';
  if (tail !== undefined) return 'tail';
  if (typeof zero === 'bigint') return 'u64';
  if (typeof zero === 'number') return size === 1 ? 'u8' : size === 2 ? 'u16' : 'u32';
  return size === 6 ? 'bytes' : 'text';
}

/** The whole message: header and payload. */
function plainFields({ struct }: MessageDefinition): PlainField[] {
  return [...HEADER, ...struct.fields.map(({ name, type }) => ({ name, kind: kindOf(type), size: type.size }))];
}

/** For libraries without 64-bit numbers: two of 32. */
const halves = (name: string) => [`${name}Low`, `${name}High`] as const;
const splitWide = (fields: readonly PlainField[]): PlainField[] =>
  fields.flatMap((field) => {
    if (field.kind !== 'u64') return field;
    return halves(field.name).map((name): PlainField => ({ name, kind: 'u32', size: 4 }));
  });

/** A MAC address as its bytes, text with its padding, 64 bits as halves: where ctrl-if takes strings and bigints. */
function plainValue({ name, kind, size }: PlainField, value: unknown): [string, unknown][] {
  switch (kind) {
    case 'u64': {
      const wide = value as bigint;
      const [low, high] = halves(name);
      return [
        [low, Number(wide & 0xffff_ffffn)],
        [high, Number(wide >> 32n)],
      ];
    }
    case 'bytes':
      return [[name, Uint8Array.from((value as string).split(':'), (digits) => Number.parseInt(digits, 16))]];
    case 'text':
      return [[name, (value as string).padEnd(size, '\0')]];
    default:
      return [[name, kind === 'pad' ? new Uint8Array(size) : value]];
  }
}

const plainValues = (fields: readonly PlainField[]) => (values: Values) =>
  Object.fromEntries(fields.flatMap((field) => plainValue(field, values[field.name])));

const ctrlIf: Library = ({ name, struct }, slots) => ({
  adapt(values) {
    const names = struct.fields.filter(({ type }) => type.role !== 'pad').map((field) => field.name);
    return { name, ...Object.fromEntries(names.map((field) => [field, values[field]])) };
  },
  encode: (message, slot) => seedCodec.encode(message as never, 7, slots[slot]!),
  decode: (slot) => seedCodec.decode(slots[slot]!),
});

/** Decodes with a function that it generates; it has no encoder. */
async function binaryParser(): Promise<Library> {
  const { Parser } = await import('binary-parser');
  const METHODS: Record<Kind, [method: string, (size: number) => object | undefined]> = {
    u8: ['uint8', () => undefined],
    u16: ['uint16', () => undefined],
    u32: ['uint32', () => undefined],
    u64: ['uint64', () => undefined],
    bytes: ['buffer', (length) => ({ length })],
    text: ['string', (length) => ({ length, stripNull: true })],
    tail: ['buffer', () => ({ length: 'length' })],
    pad: ['seek', () => undefined],
  };
  return (definition, slots) => {
    const parser = new Parser().endianness('little');
    for (const { name, kind, size } of plainFields(definition)) {
      const [method, options] = METHODS[kind];
      parser[method](kind === 'pad' ? size : name, options(size));
    }
    return { adapt: (values) => values, encode: undefined, decode: (slot) => parser.parse(slots[slot]!) };
  };
}

/** Its readers and writers are kept, one a slot, and rewound. */
async function typedBinary(): Promise<Library> {
  const bin = await import('typed-binary');
  const bytes = (size: number) => bin.u8Array(size);
  const types = { u8: () => bin.u8, u16: () => bin.u16, u32: () => bin.u32, text: bin.chars, bytes, pad: bytes };
  const typeOf = ({ kind, size }: PlainField, tail: number) =>
    kind === 'tail' ? bytes(tail) : types[kind as keyof typeof types](size);
  return (definition, slots) => {
    const fields = plainFields(definition);
    // It has no bytes up to the end, so that there is one schema for each length of them.
    const tails = fields.some(({ kind }) => kind === 'tail') ? 61 : 1;
    const schemas = Array.from({ length: tails }, (_, tail) =>
      bin.object(Object.fromEntries(splitWide(fields).map((field) => [field.name, typeOf(field, tail)]))),
    );
    const io = { endianness: 'little' } as const;
    const writers = slots.map(({ buffer, byteOffset }) => new bin.BufferWriter(buffer, { ...io, byteOffset }));
    const readers = slots.map(({ buffer, byteOffset }) => new bin.BufferReader(buffer, { ...io, byteOffset }));
    const choose = (length: number) => schemas[tails === 1 ? 0 : length]!;
    return {
      adapt: plainValues(fields),
      encode(value, slot) {
        const writer = writers[slot]!;
        writer.seekTo(slots[slot]!.byteOffset);
        choose((value as { length: number }).length).write(writer, value as never);
      },
      decode(slot) {
        const reader = readers[slot]!;
        reader.seekTo(slots[slot]!.byteOffset);
        return choose(slots[slot]![3]!).read(reader);
      },
    };
  };
}

/** Its streams are kept, one a slot, and rewound. */
async function restructure(): Promise<Library> {
  const r = await import('restructure');
  const types: Partial<Record<Kind, (size: number) => unknown>> = {
    u8: () => r.uint8,
    u16: () => r.uint16le,
    u32: () => r.uint32le,
    text: (size) => new r.String(size, 'ascii'),
    bytes: (size) => new r.Buffer(size),
    tail: () => new r.Buffer('length'),
    pad: (size) => new r.Reserved(r.uint8, size),
  };
  return (definition, slots) => {
    const fields = plainFields(definition);
    const struct = new r.Struct(
      Object.fromEntries(splitWide(fields).map(({ name, kind, size }) => [name, types[kind]!(size)])),
    );
    const encoders = slots.map((slot) => new r.EncodeStream(slot));
    const decoders = slots.map((slot) => new r.DecodeStream(slot));
    return {
      adapt: plainValues(fields),
      encode(value, slot) {
        encoders[slot].pos = 0;
        struct.encode(encoders[slot], value);
      },
      decode(slot) {
        decoders[slot].pos = 0;
        return struct.decode(decoders[slot]);
      },
    };
  };
}

export const libraries: Readonly<Record<LibraryName, () => Promise<Library>>> = {
  ctrlIf: async () => ctrlIf,
  binaryParser,
  typedBinary,
  restructure,
};
