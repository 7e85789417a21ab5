/** ctrl-if and its rivals. A rival is imported only when it is measured: it may not be installed. */
import { seedCodec } from 'ctrl-if/wire';
import { type Library, type LibraryName, macBytes, type PlainField, type Values } from './codec-library.ts';

const ctrlIf: Library = (_fields, slots, definition) => ({
  adapt(values) {
    const names = definition.struct.fields.filter(({ type }) => type.role !== 'pad').map(({ name }) => name);
    return { name: definition.name, ...Object.fromEntries(names.map((name) => [name, values[name]])) };
  },
  encode: (message, slot) => seedCodec.encode(message as never, 7, slots[slot]!),
  decode: (slot) => seedCodec.decode(slots[slot]!),
});

/** Decodes with a function that it generates; it has no encoder. */
async function binaryParser(): Promise<Library> {
  const { Parser } = await import('binary-parser');
  return (fields, slots) => {
    let parser = new Parser().endianness('little');
    for (const { name, kind, size } of fields) parser = add(parser, name, kind, size);
    return { adapt: (values) => values, encode: undefined, decode: (slot) => parser.parse(slots[slot]!) };
  };

  function add(parser: InstanceType<typeof Parser>, name: string, kind: PlainField['kind'], size: number) {
    switch (kind) {
      case 'u8':
        return parser.uint8(name);
      case 'u16':
        return parser.uint16(name);
      case 'u32':
        return parser.uint32(name);
      case 'u64':
        return parser.uint64(name);
      case 'bytes':
        return parser.buffer(name, { length: size });
      case 'text':
        return parser.string(name, { length: size, stripNull: true });
      case 'tail':
        return parser.buffer(name, { length: 'length' });
      case 'pad':
        return parser.seek(size);
    }
  }
}

/** Has no 64-bit numbers: they are two of 32. Its readers and writers are kept, one a slot, and rewound. */
async function typedBinary(): Promise<Library> {
  const bin = await import('typed-binary');
  type Schemas = Record<string, ReturnType<typeof schemaOf>>;
  const schemaOf = (kind: PlainField['kind'], size: number) => {
    if (kind === 'u8') return bin.u8;
    if (kind === 'u16') return bin.u16;
    if (kind === 'u32') return bin.u32;
    return kind === 'text' ? bin.chars(size) : bin.u8Array(size);
  };
  const propertiesOf = ({ name, kind, size }: PlainField, tail: number): [string, ReturnType<typeof schemaOf>][] => {
    if (kind === 'u64') return [`${name}Low`, `${name}High`].map((half) => [half, bin.u32]);
    return [[name, schemaOf(kind, kind === 'tail' ? tail : size)]];
  };
  return (fields, slots) => {
    // It has no bytes up to the end, so that there is one schema for each length of them.
    const tails = fields.some(({ kind }) => kind === 'tail') ? 61 : 1;
    const schemas = Array.from({ length: tails }, (_, tail) =>
      bin.object(Object.fromEntries(fields.flatMap((field) => propertiesOf(field, tail))) as Schemas),
    );
    const io = { endianness: 'little' } as const;
    const writers = slots.map(({ buffer, byteOffset }) => new bin.BufferWriter(buffer, { ...io, byteOffset }));
    const readers = slots.map(({ buffer, byteOffset }) => new bin.BufferReader(buffer, { ...io, byteOffset }));
    const choose = (length: number) => schemas[tails === 1 ? 0 : length]!;
    return {
      adapt: (values) => Object.fromEntries(fields.flatMap((field) => adaptTyped(field, values[field.name]))),
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

function adaptTyped({ name, kind, size }: PlainField, value: unknown): [string, unknown][] {
  if (kind === 'u64') {
    const wide = value as bigint;
    return [
      [`${name}Low`, Number(wide & 0xffff_ffffn)],
      [`${name}High`, Number(wide >> 32n)],
    ];
  }
  if (kind === 'bytes') return [[name, macBytes(value as string)]];
  if (kind === 'text') return [[name, (value as string).padEnd(size, '\0')]];
  return [[name, kind === 'pad' ? new Uint8Array(size) : value]];
}

/** Has no 64-bit numbers either. Its streams are kept, one a slot, and rewound. */
async function restructure(): Promise<Library> {
  const r = await import('restructure');
  const typeOf = ({ name, kind, size }: PlainField): [string, unknown][] => {
    if (kind === 'u64') return [`${name}Low`, `${name}High`].map((half) => [half, r.uint32le]);
    if (kind === 'u8') return [[name, r.uint8]];
    if (kind === 'u16') return [[name, r.uint16le]];
    if (kind === 'u32') return [[name, r.uint32le]];
    if (kind === 'text') return [[name, new r.String(size, 'ascii')]];
    if (kind === 'pad') return [[name, new r.Reserved(r.uint8, size)]];
    return [[name, new r.Buffer(kind === 'tail' ? 'length' : size)]];
  };
  return (fields, slots) => {
    const struct = new r.Struct(Object.fromEntries(fields.flatMap(typeOf)));
    const encoders = slots.map((slot) => new r.EncodeStream(slot));
    const decoders = slots.map((slot) => new r.DecodeStream(slot));
    return {
      adapt: (values: Values) => Object.fromEntries(fields.flatMap((field) => adaptTyped(field, values[field.name]))),
      encode(value, slot) {
        const stream = encoders[slot]!;
        stream.pos = 0;
        struct.encode(stream, value);
      },
      decode(slot) {
        const stream = decoders[slot]!;
        stream.pos = 0;
        return struct.decode(stream);
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
