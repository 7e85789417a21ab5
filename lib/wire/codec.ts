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

/** Every message that can come, told apart by `name`. `User` is a union of the user's own definitions. */
export type Message<User extends MessageDefinition = never> = DecodedMessage<SeedDefinition | Unknown | User>;

/** Every message that can be sent: as {@link Message}, but OUT fields may be left out. */
export type MessageInput<User extends MessageDefinition = never> = EncodableMessage<SeedDefinition | Unknown | User>;

/** The names of all messages, `UNKNOWN` among them. */
export type MessageName<User extends MessageDefinition = never> = (SeedDefinition | Unknown | User)['name'];

/** The definition of one message. */
export type DefinitionOf<Name extends string, User extends MessageDefinition = never> = Extract<
  SeedDefinition | Unknown | User,
  { readonly name: Name }
>;

/** One message, decoded: `MessageOf<'BLKIF_BE_CREATE'>`, `MessageOf<'TICK', typeof tick>`. */
export type MessageOf<Name extends string, User extends MessageDefinition = never> = DecodedMessage<
  DefinitionOf<Name, User>
>;

/** One message, as it may be given to encode. */
export type MessageInputOf<Name extends string, User extends MessageDefinition = never> = EncodableMessage<
  DefinitionOf<Name, User>
>;

/** What {@link createCodec} makes. Its functions need no `this`. */
export interface Codec<User extends MessageDefinition = never> {
  /** The header's 42 and the user's, in this order; without UNKNOWN. */
  readonly definitions: readonly (SeedDefinition | User)[];

  /**
   * Writes one message: exactly 64 bytes of `target` from byte `at` on, zero beyond the payload. When it throws, nothing has
   * been written.
   *
   * @param id 0 to 255; {@link ID_NO_ANSWER} unless given
   * @throws ERR_CTRL_IF_UNKNOWN_MESSAGE, ERR_CTRL_IF_VALUE (with field, offset, expected, received; also for a key that the
   *   message does not have), ERR_CTRL_IF_SHORT_BUFFER
   */
  encode(message: MessageInput<User>, id?: number, target?: Uint8Array, at?: number): Uint8Array;

  /**
   * Reads the message whose slot begins at byte `at`; 4 + length bytes are enough. Bytes may be read twice: give it a copy
   * that the peer cannot write to, never the shared page.
   *
   * @throws ERR_CTRL_IF_LENGTH for a length over 60 or other than the struct's (so also for "not understood", length 0: ask
   *   {@link slotLength} first), ERR_CTRL_IF_SHORT_BUFFER, ERR_CTRL_IF_VALUE for text that is not UTF-8
   */
  decode(slot: Uint8Array, at?: number): Message<User>;

  /** The definition of this name. @throws ERR_CTRL_IF_UNKNOWN_MESSAGE */
  definition<Name extends MessageName<User>>(name: Name): DefinitionOf<Name, User>;

  /** The definition for the first two bytes of a slot; undefined for what decodes to UNKNOWN. */
  definitionOf(type: number, subtype: number): SeedDefinition | User | undefined;

  /**
   * A flat object that JSON can carry: `{ name: 'BLKIF_FE_INTERFACE_CONNECT', id: 1, handle: 0, shmemFrame: '0x1234' }`. 64-bit
   * numbers are strings in hexadecimal (negative: decimal), bytes are strings of hexadecimal digits, NaN and infinities
   * their names.
   *
   * @throws as encode, but for a key that the message does not have, which is left out
   */
  toJSON(message: MessageInput<User>, id?: number): JsonMessage;

  /**
   * The reverse of toJSON. 64-bit numbers may also be decimal strings or safe integers, OUT fields and `id` may be missing.
   *
   * @throws ERR_CTRL_IF_UNKNOWN_MESSAGE; ERR_CTRL_IF_VALUE for a key that the message does not have, a field that is missing
   *   or a value that does not fit: what comes back always encodes
   */
  fromJSON(object: unknown): { message: MessageInput<User>; id: number };
}

/**
 * A codec for the header's 42 messages and the given definitions.
 *
 * @throws ERR_CTRL_IF_DEFINITION where two definitions share a name, or type and subtype, and for what is no array of definitions
 */
export function createCodec<const Users extends readonly MessageDefinition[] = []>(
  definitions?: Users,
): Codec<Users[number]> {
  return createCodecWith(compile, definitions);
}

/** {@link createCodec} with a way to compile structs of the caller's choice: tests hold one against the other. */
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
  // Messages of one name come in rows, and a look at the map is a fifth of encode.
  let latest = unknown;

  const encode = (message: { name: string }, id = ID_NO_ANSWER, target = new Uint8Array(MESSAGE_BYTES), at = 0) => {
    if (typeof message !== 'object' || message === null)
      throw badValue('encode()', 'message', undefined, 'an object with a name', message);
    const { name } = message;
    const entry = name === latest.name ? latest : entryOf(name);
    latest = entry;
    const { slot, pack } = entry.transcoder ?? entry.compile();
    const length = pack(entry.name, message);
    ensureByte(entry.name, 'id', ID_OFFSET, id);
    ensureRoom('target', target, at, MESSAGE_BYTES);
    // An UNKNOWN message has packed its own.
    if (entry !== unknown) {
      slot[TYPE_OFFSET] = entry.type;
      slot[SUBTYPE_OFFSET] = entry.subtype;
    }
    slot[ID_OFFSET] = id;
    slot[LENGTH_OFFSET] = length;
    target.set(slot, at);
    return target;
  };

  const decode = (slot: Uint8Array, at = 0) => {
    ensureRoom('slot', slot, at, HEADER_BYTES);
    const entry = byType[slot[at + TYPE_OFFSET]!]![slot[at + SUBTYPE_OFFSET]!] ?? unknown;
    const length = slot[at + LENGTH_OFFSET]!;
    if (length < entry.size || length > entry.maxSize)
      throw badLength(entry.name, expectedLength(entry.definition), length);
    if (at + HEADER_BYTES + length > slot.length) ensureRoom('slot', slot, at, HEADER_BYTES + length);
    const { unpack } = entry.transcoder ?? entry.compile();
    return unpack(entry.name, slot, at + PAYLOAD_OFFSET, length);
  };

  return Object.freeze({
    definitions: Object.freeze(table.definitions),
    encode,
    decode,
    definition: find,
    definitionOf: (type: number, subtype: number) => byType[type]?.[subtype]?.definition,
    toJSON: (message: { name: string }, id = ID_NO_ANSWER) => toJSON(find(message?.name), message, id),
    fromJSON: (object: unknown) => fromJSON(find, object),
    // The table behind is untyped; what it holds is what the types were made from.
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
