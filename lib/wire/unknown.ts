/** A message without a definition: its uninterpreted bytes. */
import type { MessageDefinition } from './definition.ts';
import { tail } from './fields/bytes.ts';
import { pad } from './fields/field.ts';
import { u8 } from './fields/numbers.ts';
import { HEADER_BYTES } from './layout.ts';
import { struct } from './struct.ts';

// Type and subtype are fields here, so the struct starts at the slot's header. __pad covers id and length, which the codec writes
// last in every message.
const unknown_message = struct(null, { type: u8, subtype: u8, __pad: pad(2), data: tail() }, -HEADER_BYTES);

/**
 * The decoded form of a slot whose type and subtype have no definition: `{ name: 'UNKNOWN', type: 200, subtype: 1, data }`. It
 * encodes back to the same bytes, so that a process can forward messages that it does not know.
 */
export const UNKNOWN_DEFINITION: MessageDefinition<'UNKNOWN', typeof unknown_message.declaration> = {
  name: 'UNKNOWN',
  type: 0,
  subtype: 0,
  direction: 'both',
  struct: unknown_message,
  response: { kind: 'ack' },
  deferred: false,
};
