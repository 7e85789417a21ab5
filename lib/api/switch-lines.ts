/** The lines between a client of the switch and the API after the upgrade: one JSON object a line. */
import type { LostEvents } from '../machine/operations.ts';
import type { Schema, Static } from '../schema/schema.ts';
import type { Problem } from './problem.ts';

const count = { type: 'integer', minimum: 0 } as const satisfies Schema;
const byte = { type: 'integer', minimum: 0, maximum: 255 } as const satisfies Schema;
const match = {
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  properties: { type: byte, subtype: byte, domid: count },
} as const satisfies Schema;
const message = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' } },
  additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }] },
} as const satisfies Schema;

export const CALL = {
  type: 'object',
  title: 'an object with the number of the call and what it is',
  additionalProperties: false,
  required: ['call'],
  properties: {
    call: count,
    serve: match,
    unserve: { ...count, description: 'The number of the call that served.' },
    watch: match,
    unwatch: { ...count, description: 'The number of the call that watched.' },
    request: {
      type: 'object',
      additionalProperties: false,
      required: ['domid', 'message'],
      properties: { domid: count, message },
    },
    respond: {
      type: 'object',
      additionalProperties: false,
      required: ['id'],
      properties: { id: count, message },
      description: 'Without a message: "not understood".',
    },
  },
} as const satisfies Schema;

/** A line from the client. The client numbers its calls, and the answer has the number of its call. */
export type Call = Static<typeof CALL>;

/** A message as `ctrl-if decode` prints it, without an id: `{ name, ...fields }`. Byte fields are text in hexadecimal. */
export type SwitchMessage = Static<typeof message>;

/** A line from the API: the answer to a call, a request for this client to answer, or a request that it watches. */
export interface SwitchLine {
  readonly call?: number;
  readonly message?: SwitchMessage;
  readonly problem?: Problem;
  readonly request?: { readonly id: number; readonly domid: number; readonly message: SwitchMessage };
  readonly seen?: { readonly watch: number; readonly domid: number; readonly message: SwitchMessage };
  readonly lost?: { readonly watch?: number; readonly count: LostEvents['count'] };
}

/** In bytes. A call with its message in JSON is some hundred bytes long. */
export const LONGEST_LINE = 65_536;
