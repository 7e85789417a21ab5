/** The definition of a message, and the TypeScript types that follow from it. */
import type { Decoded, Fields, Flat, Input, Struct } from './struct.ts';

/** The receiver of a request. A driver domain is a guest on its own page, so backend messages go `toGuest`. */
export type Direction = 'toGuest' | 'toController' | 'both';

/**
 * The meaning of a response, which is the same message with its payload rewritten in place:
 * - `ack`: the message was handled.
 * - `fill`: the OUT fields are the answer. None of them reports a failure: the `status` of an INTERFACE_QUERY is the interface's.
 * - `status`: the OUT field `field` is `okay` or reports a failure; `error` is the non-specific failure.
 *
 * A response of length 0 means "not understood" (PROTOCOL.md 1.6). Where the payload may be empty, it cannot be distinguished from
 * the answer: for the console, whose usual ack has length 0, and for POWEROFF, REBOOT and SUSPEND (2.12, 5.2 D14).
 */
export type ResponseRule =
  | { readonly kind: 'ack' }
  | { readonly kind: 'fill' }
  | { readonly kind: 'status'; readonly field: string; readonly okay: number; readonly error: number };

/** The definition of one message: a line in the table of messages. */
export interface MessageDefinition<Name extends string = string, F extends Fields = Fields> {
  /** The header's constant without `CMSG_`. */
  readonly name: Name;
  /** Byte 0 of the slot: 0 to 10 for messages of the header, 11 to 255 for the user's. */
  readonly type: number;
  /** Byte 1 of the slot: 0 to 255. */
  readonly subtype: number;
  /** The side that may send it as a request (PROTOCOL.md 2.0). */
  readonly direction: Direction;
  /** The layout of its payload. */
  readonly struct: Struct<F>;
  /** The meaning of its response. */
  readonly response: ResponseRule;
  /**
   * Whether its receiver may work for long, as with all device messages. Deferred messages wait for each other, in order; the
   * others (console, shutdown, memory, VCPU) overtake them (PROTOCOL.md 1.6).
   */
  readonly deferred: boolean;
}

/** The decoded message: `{ name, ...fields }`. */
export type DecodedMessage<D extends MessageDefinition> =
  D extends MessageDefinition<infer Name, infer F> ? Flat<{ name: Name } & Decoded<F>> : never;

/** The message as {@link Codec.encode} takes it. OUT fields may be omitted. */
export type EncodableMessage<D extends MessageDefinition> =
  D extends MessageDefinition<infer Name, infer F> ? Flat<{ name: Name } & Input<F>> : never;
