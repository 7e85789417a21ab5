/** What clients of the switch and the API say to each other after the upgrade: a JSON object a line. */

import type { LostEvents } from '../machine/operations.ts';
import type { Schema } from '../machine/schema.ts';
import type { Match } from '../machine/switch.ts';
import type { Problem } from './problem.ts';

/** A message as `ctrl-if decode` prints it, without an id: `{ name, ...fields }`. */
export interface SwitchMessage {
  readonly name: string;
  readonly [field: string]: string | number;
}

/** A call is answered under its number, which is the client's. */
export interface Call {
  readonly call: number;
  readonly serve?: Match;
  /** The number of the call that served, or watched. */
  readonly unserve?: number;
  readonly watch?: Match;
  readonly unwatch?: number;
  readonly request?: { readonly domid: number; readonly message: SwitchMessage };
  /** Without a message: "not understood". */
  readonly respond?: { readonly id: number; readonly message?: SwitchMessage };
}

/** From the API: the answer to a call; a request that this client is to answer; what it watches. */
export interface Told {
  readonly call?: number;
  readonly message?: SwitchMessage;
  readonly problem?: Problem;
  readonly request?: { readonly id: number; readonly domid: number; readonly message: SwitchMessage };
  readonly seen?: { readonly watch: number; readonly domid: number; readonly message: SwitchMessage };
  readonly lost?: { readonly watch?: number; readonly count: LostEvents['count'] };
}

const count: Schema = { type: 'integer', minimum: 0 };
const byte: Schema = { type: 'integer', minimum: 0, maximum: 255 };
const match: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  properties: { type: byte, subtype: byte, domid: count },
};
const message: Schema = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };
const action = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

export const CALL: Schema = {
  type: 'object',
  title: 'an object with the number of the call and what it is',
  additionalProperties: false,
  required: ['call'],
  properties: {
    call: count,
    serve: match,
    unserve: count,
    watch: match,
    unwatch: count,
    request: action({ domid: count, message }, ['domid', 'message']),
    respond: action({ id: count, message }, ['id']),
  },
};

/** Longer is no call: what a message has in JSON is some hundred bytes. */
export const LONGEST_LINE = 65_536;
