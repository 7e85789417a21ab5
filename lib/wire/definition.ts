/** What is known about one message beside its bytes, and the TypeScript types that follow from it. */
import type { Decoded, Fields, Flat, Input, Struct } from './struct.ts';

/** Who may send it as a request. A driver domain is a guest on its own page, so backend messages go `toGuest`. */
export type Direction = 'toGuest' | 'toController' | 'both';

/**
 * What a response, the same message with its payload rewritten in place, says:
 * - `ack`: nothing but that the message was dealt with.
 * - `fill`: the OUT fields are the answer. None of them reports a failure: the `status` of an INTERFACE_QUERY is that of the
 *   interface.
 * - `status`: the OUT field `field` is `okay` or reports a failure; `error` is the unspecific failure.
 *
 * Length 0 instead says "not understood" (PROTOCOL.md 1.6), except for a message whose payload may be empty: there it is the
 * same bytes as the answer (the console, where length 0 is the usual ack, and POWEROFF, REBOOT, SUSPEND; 2.12, 5.2 D14).
 */
export type ResponseRule =
  | { readonly kind: 'ack' }
  | { readonly kind: 'fill' }
  | { readonly kind: 'status'; readonly field: string; readonly okay: number; readonly error: number };

/** One line of the table of messages. */
export interface MessageDefinition<Name extends string = string, F extends Fields = Fields> {
  /** The constant without `CMSG_`. */
  readonly name: Name;
  /** 0 to 255: 0 to 10 are the header's, 11 to 255 the user's. */
  readonly type: number;
  /** 0 to 255. */
  readonly subtype: number;
  readonly direction: Direction;
  readonly struct: Struct<F>;
  readonly response: ResponseRule;
  /**
   * Whether a receiver may take its time, as with all device messages: they wait in order in the deferred ring, and the
   * others (console, shutdown, memory, VCPU) overtake them (PROTOCOL.md 1.6).
   */
  readonly deferred: boolean;
}

/** The message as it is decoded: `{ name, ...every field }`. */
export type DecodedMessage<D extends MessageDefinition> =
  D extends MessageDefinition<infer Name, infer F> ? Flat<{ name: Name } & Decoded<F>> : never;

/** The message as it may be given to encode: OUT fields can be left out. */
export type EncodableMessage<D extends MessageDefinition> =
  D extends MessageDefinition<infer Name, infer F> ? Flat<{ name: Name } & Input<F>> : never;
