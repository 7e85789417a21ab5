/** `ctrl-if/wire`: the layout of the page and of the messages. It has no I/O and uses nothing of Node. */
export type { CtrlIfErrorCode, CtrlIfErrorDetails } from '../errors.ts';
export { CtrlIfError } from '../errors.ts';
export type { Codec, DefinitionOf, Message, MessageInput, MessageInputOf, MessageName, MessageOf } from './codec.ts';
export { createCodec, decode, encode, seedCodec } from './codec.ts';
export * from './constants.ts';
export type { MessageOptions } from './define.ts';
export { defineMessage, FIRST_USER_TYPE } from './define.ts';
export type { DecodedMessage, Direction, EncodableMessage, MessageDefinition, ResponseRule } from './definition.ts';
export { bytes, tail } from './fields/bytes.ts';
export type { Field, FieldRole } from './fields/field.ts';
export { alias, out, pad } from './fields/field.ts';
export { domid, f64, i32, i64, memory, u8, u16, u32, u64 } from './fields/numbers.ts';
export { char, cString, mac, text } from './fields/strings.ts';
export type { JsonMessage } from './json.ts';
export * from './layout.ts';
export type { SeedDefinition } from './messages.ts';
export { SEED_MESSAGES } from './messages.ts';
export { encodeNotUnderstood, slotId, slotLength, slotSubtype, slotType } from './slot.ts';
export type { BeStatus } from './status.ts';
export {
  BLKIF_BE_STATUS_ERRORS,
  describeBeStatus,
  NETIF_BE_STATUS_ERRORS,
  USBIF_BE_STATUS_ERRORS,
} from './status.ts';
export type { Decoded, Fields, Input, PlacedField, Struct } from './struct.ts';
export { struct } from './struct.ts';
export * from './structs/blkif.ts';
export * from './structs/netif.ts';
export * from './structs/system.ts';
export * from './structs/usbif.ts';
