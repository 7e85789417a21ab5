/** A codec: the header's messages and the user's, to bytes and back. */
import { type Compile, compile } from './compile/compile.ts';
import type { DecodedMessage, EncodableMessage, MessageDefinition } from './definition.ts';
import { badLength, badValue, unknownMessage } from './errors.ts';
import { fromJSON, type JsonMessage, toJSON } from './json.ts';
import {
  HEADER_BYTES,
  ID_NO_ANSWER,
  ID_OFFSET,
  LENGTH_OFFSET,
  MESSAGE_BYTES,
  PAYLOAD_BYTES,
  PAYLOAD_OFFSET,
  SUBTYPE_OFFSET,
  TYPE_OFFSET,
} from './layout.ts';
import { SEED_MESSAGES, type SeedDefinition } from './messages.ts';
import { ensureByte, ensureRoom } from './slot.ts';
import { type Entry, ensureDefinitions, MessageTable } from './table.ts';
import type { UNKNOWN_DEFINITION } from './unknown.ts';

type Unknown = typeof UNKNOWN_DEFINITION;

/** Every message that can be received, discriminated by `name`. `User` is a union of the user's own definitions. */
export type Message<User extends MessageDefinition = never> = DecodedMessage<SeedDefinition | Unknown | User>;

/** Every message that can be sent: as {@link Message}, but OUT fields may be omitted. */
export type MessageInput<User extends MessageDefinition = never> = EncodableMessage<SeedDefinition | Unknown | User>;

/** The names of all messages, including `UNKNOWN`. */
export type MessageName<User extends MessageDefinition = never> = (SeedDefinition | Unknown | User)['name'];

/** The definition of the message with this name. */
export type DefinitionOf<Name extends string, User extends MessageDefinition = never> = Extract<
  SeedDefinition | Unknown | User,
  { readonly name: Name }
>;

/** The decoded message with this name: `MessageOf<'BLKIF_BE_CREATE'>`, `MessageOf<'TICK', typeof tick>`. */
export type MessageOf<Name extends string, User extends MessageDefinition = never> = DecodedMessage<
  DefinitionOf<Name, User>
>;

/** The message with this name as {@link Codec.encode} takes it. */
export type MessageInputOf<Name extends string, User extends MessageDefinition = never> = EncodableMessage<
  DefinitionOf<Name, User>
>;

/** Encodes and decodes messages. Its functions need no `this`. */
export interface Codec<User extends MessageDefinition = never> {
  /** The header's 42 definitions, then the user's, without `UNKNOWN`. */
  readonly definitions: readonly (SeedDefinition | User)[];

  /**
   * Writes one message: exactly 64 bytes of `target` from byte `offset` on, with zeros after the payload. When it throws, nothing
   * has been written.
   *
   * @param id 0 to 255; default: {@link ID_NO_ANSWER}
   * @param target default: a new array of 64 bytes
   * @returns `target`
   * @throws CtrlIfError `ERR_CTRL_IF_UNKNOWN_MESSAGE` when no definition has the message's name; `ERR_CTRL_IF_VALUE` when a field does
   *   not fit its type or the message does not have it; `ERR_CTRL_IF_SHORT_BUFFER` when `target` has fewer than 64 bytes from
   *   `offset` on
   */
  encode(message: MessageInput<User>, id?: number, target?: Uint8Array, offset?: number): Uint8Array;

  /**
   * Reads the message whose slot begins at byte `offset`; 4 + length bytes are enough. It may read a byte twice: pass a private
   * copy, never the shared page.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_LENGTH` when the length is over 60 or does not fit the struct (as for "not understood", length 0:
   *   check {@link slotLength} first); `ERR_CTRL_IF_SHORT_BUFFER` when `slot` ends before the payload; `ERR_CTRL_IF_VALUE` when a text
   *   is not UTF-8
   */
  decode(slot: Uint8Array, offset?: number): Message<User>;

  /**
   * The definition with this name.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_UNKNOWN_MESSAGE` when no definition has it
   */
  definition<Name extends MessageName<User>>(name: Name): DefinitionOf<Name, User>;

  /** The definition for the first two bytes of a slot; undefined when the slot decodes to `UNKNOWN`. */
  definitionOf(type: number, subtype: number): SeedDefinition | User | undefined;

  /**
   * The message as a flat object for JSON: `{ name: 'BLKIF_FE_INTERFACE_CONNECT', id: 1, handle: 0, shmemFrame: '0x1234' }`. A 64-bit
   * number becomes a string in hexadecimal (decimal when negative), bytes a string of hexadecimal digits, NaN or an infinity its
   * name. A key that the message does not have is left out.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_UNKNOWN_MESSAGE` or `ERR_CTRL_IF_VALUE` as {@link Codec.encode}
   */
  toJSON(message: MessageInput<User>, id?: number): JsonMessage;

  /**
   * The reverse of {@link Codec.toJSON}. A 64-bit number may also be a decimal string or a safe integer. OUT fields and `id` may be
   * missing. The result can always be encoded.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_UNKNOWN_MESSAGE` when no definition has the name; `ERR_CTRL_IF_VALUE` when a field is missing or
   *   does not fit its type, or the message does not have it
   */
  fromJSON(object: unknown): { message: MessageInput<User>; id: number };
}

/**
 * Creates a codec for the header's 42 messages and these definitions.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEFINITION` when two definitions have the same name or the same type and subtype, or when
 *   `definitions` is no array of definitions
 */
export function createCodec<const Users extends readonly MessageDefinition[] = []>(
  definitions?: Users,
): Codec<Users[number]> {
  return createCodecWith(compile, definitions);
}

/** {@link createCodec} with another compiler of structs: tests compare the two. */
export function createCodecWith<const Users extends readonly MessageDefinition[] = []>(
  compile: Compile,
  definitions?: Users,
): Codec<Users[number]> {
  const table = new MessageTable([...SEED_MESSAGES, ...ensureDefinitions(definitions ?? [])], compile);
  const { byName, byType, unknown } = table;
  const entryOf = (name: unknown): Entry => {
    const entry = byName.get(name);
    if (!entry) throw unknownMessage(name);
    return entry;
  };
  const find = (name: unknown): MessageDefinition => entryOf(name).definition;
  // Messages of one name often follow each other, and the lookup in the map takes a fifth of encode.
  let latest = unknown;

  const encode = (message: { name: string }, id = ID_NO_ANSWER, target = new Uint8Array(MESSAGE_BYTES), offset = 0) => {
    if (typeof message !== 'object' || message === null)
      throw badValue('encode()', 'message', undefined, 'an object with a name', message);
    const { name } = message;
    const entry = name === latest.name ? latest : entryOf(name);
    latest = entry;
    const { slot, pack } = entry.transcoder ?? entry.compile();
    const length = pack(entry.name, message);
    ensureByte(entry.name, 'id', ID_OFFSET, id);
    ensureRoom('target', target, offset, MESSAGE_BYTES);
    // UNKNOWN packs its type and subtype as fields.
    if (entry !== unknown) {
      slot[TYPE_OFFSET] = entry.type;
      slot[SUBTYPE_OFFSET] = entry.subtype;
    }
    slot[ID_OFFSET] = id;
    slot[LENGTH_OFFSET] = length;
    target.set(slot, offset);
    return target;
  };

  const decode = (slot: Uint8Array, offset = 0) => {
    ensureRoom('slot', slot, offset, HEADER_BYTES);
    const entry = byType[slot[offset + TYPE_OFFSET]!]![slot[offset + SUBTYPE_OFFSET]!] ?? unknown;
    const length = slot[offset + LENGTH_OFFSET]!;
    if (length < entry.size || length > entry.maxSize)
      throw badLength(entry.name, expectedLength(entry.definition), length);
    if (offset + HEADER_BYTES + length > slot.length) ensureRoom('slot', slot, offset, HEADER_BYTES + length);
    const { unpack } = entry.transcoder ?? entry.compile();
    return unpack(entry.name, slot, offset + PAYLOAD_OFFSET, length);
  };

  return Object.freeze({
    definitions: Object.freeze(table.definitions),
    encode,
    decode,
    definition: find,
    definitionOf: (type: number, subtype: number) => byType[type]?.[subtype]?.definition,
    toJSON: (message: { name: string }, id = ID_NO_ANSWER) => toJSON(find(message?.name), message, id),
    fromJSON: (object: unknown) => fromJSON(find, object),
    // The table is untyped, but it holds the definitions that the types were made from.
  }) as unknown as Codec<Users[number]>;
}

function expectedLength({ struct: { cName, size, maxSize } }: MessageDefinition): string {
  if (size < maxSize) return size === 0 && maxSize === PAYLOAD_BYTES ? 'at most 60' : `from ${size} to ${maxSize}`;
  return cName === null ? `${size}` : `${size}, the size of ${cName}`;
}

/** The codec of the header's 42 messages alone. */
export const seedCodec = createCodec();

/** {@link Codec.encode} of {@link seedCodec}. */
export const encode = seedCodec.encode;
/** {@link Codec.decode} of {@link seedCodec}. */
export const decode = seedCodec.decode;
