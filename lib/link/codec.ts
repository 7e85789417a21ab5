import { CtrlIfError } from '../errors.ts';
import type { Codec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { carriesFailure, decodeFailure, NOT_UNDERSTOOD } from '../wire/failure.ts';
import { LENGTH_OFFSET, PAYLOAD_BYTES, SUBTYPE_OFFSET, TYPE_OFFSET } from '../wire/layout.ts';
import { RequestError } from './request-error.ts';

/** A decoded message of any type. `domain/` has the typed interface. */
export interface AnyMessage {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** A codec without message types: a link carries every message that its codec knows. */
export interface AnyCodec {
  encode(message: AnyMessage, id: number, target: Uint8Array): Uint8Array;
  decode(slot: Uint8Array): AnyMessage;
  definition(name: string): MessageDefinition;
  definitionOf(type: number, subtype: number): MessageDefinition | undefined;
}

export function untyped<User extends MessageDefinition>(codec: Codec<User>): AnyCodec {
  return codec as unknown as AnyCodec;
}

/** The type and subtype of `message`, which its response must have too. */
export function identify(codec: AnyCodec, message: AnyMessage): { type: number; subtype: number } {
  const definition = codec.definition(message.name);
  // An UNKNOWN message has them as fields.
  return message.name === 'UNKNOWN' ? (message as unknown as { type: number; subtype: number }) : definition;
}

/**
 * Decodes the response in `slot`.
 *
 * @throws RequestError when the receiver refused the request
 * @throws CtrlIfError `ERR_CTRL_IF_HANDLER` when the receiver failed, `ERR_CTRL_IF_NOT_UNDERSTOOD` when the peer has no receiver: the
 *   length is 0 although the message has fields (PROTOCOL.md 1.6)
 */
export function decodeResponse(codec: AnyCodec, slot: Uint8Array): AnyMessage {
  const length = slot[LENGTH_OFFSET]!;
  if (length === 0 || length > PAYLOAD_BYTES) throwIfFailed(codec, slot);
  return codec.decode(slot);
}

/** Throws the failure that the response carries; returns when it carries none. */
function throwIfFailed(codec: AnyCodec, slot: Uint8Array): void {
  const type = slot[TYPE_OFFSET]!;
  const definition = codec.definitionOf(type, slot[SUBTYPE_OFFSET]!);
  const name = definition?.name ?? `type ${type}`;
  const failure = decodeFailure(slot) ?? (isLengthZeroWrong(definition, slot) ? NOT_UNDERSTOOD : undefined);
  switch (failure?.kind) {
    case 'refused':
      throw new RequestError(failure.code, failure.text);
    case 'failed':
      throw new CtrlIfError(
        'ERR_CTRL_IF_HANDLER',
        `the peer's receiver of ${name} failed; the peer's 'error' event, or its warning on standard error, has the cause`,
        { subject: name },
      );
    case 'not understood': {
      const why = carriesFailure(type) ? '' : ', or its receiver failed';
      throw new CtrlIfError(
        'ERR_CTRL_IF_NOT_UNDERSTOOD',
        `the peer did not understand ${name}: it has no receiver for it${why}`,
        { advice: `register one there with receive(${definition ? `'${name}'` : type}, ...)`, subject: name },
      );
    }
  }
}

function isLengthZeroWrong(definition: MessageDefinition | undefined, slot: Uint8Array): boolean {
  return slot[LENGTH_OFFSET] === 0 && definition !== undefined && definition.struct.size > 0;
}

/** The fields that mean "failed" in a response to `message`; undefined for a message without a status, where length 0 means it. */
export function failureFields(codec: AnyCodec, message: AnyMessage): object | undefined {
  const { response } = codec.definition(message.name);
  return response.kind === 'status' ? { [response.field]: response.error } : undefined;
}
