import { CtrlIfError } from '../errors.ts';
import type { Codec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { LENGTH_OFFSET, SUBTYPE_OFFSET, TYPE_OFFSET } from '../wire/layout.ts';

/** Any decoded message: the typed faces are in `domain/`. */
export interface AnyMessage {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** A codec with its types put aside: a link carries whatever its codec knows. */
export interface AnyCodec {
  encode(message: AnyMessage, id: number, target: Uint8Array): Uint8Array;
  decode(slot: Uint8Array): AnyMessage;
  definition(name: string): MessageDefinition;
  definitionOf(type: number, subtype: number): MessageDefinition | undefined;
}

export function untyped<User extends MessageDefinition>(codec: Codec<User>): AnyCodec {
  return codec as unknown as AnyCodec;
}

/** The type and subtype that a response to `message` must echo. */
export function identify(codec: AnyCodec, message: AnyMessage): { type: number; subtype: number } {
  const definition = codec.definition(message.name);
  // An UNKNOWN message carries its own.
  return message.name === 'UNKNOWN' ? (message as unknown as { type: number; subtype: number }) : definition;
}

/**
 * The response in `slot`, decoded. Length 0 where the message needs more is the answer "not understood"
 * (PROTOCOL.md 1.6) and throws `ERR_CTRL_IF_NOT_UNDERSTOOD`.
 */
export function decodeResponse(codec: AnyCodec, slot: Uint8Array): AnyMessage {
  const definition = codec.definitionOf(slot[TYPE_OFFSET]!, slot[SUBTYPE_OFFSET]!);
  if (definition && slot[LENGTH_OFFSET] === 0 && definition.struct.size > 0) {
    throw new CtrlIfError(
      'ERR_CTRL_IF_NOT_UNDERSTOOD',
      `the peer did not understand ${definition.name}: it has no receiver for it, or its receiver failed; register one there with receive('${definition.name}', ...)`,
      { subject: definition.name },
    );
  }
  return codec.decode(slot);
}

/** The fields that say "failed" in a response to `message`; undefined where only length 0 can say it. */
export function failureFields(codec: AnyCodec, message: AnyMessage): object | undefined {
  const { response } = codec.definition(message.name);
  return response.kind === 'status' ? { [response.field]: response.error } : undefined;
}
