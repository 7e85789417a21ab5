/** The user's own messages, on the types that the header does not use. */
import type { Direction, MessageDefinition, ResponseRule } from './definition.ts';
import { badDefinition } from './errors.ts';
import { SEED_MESSAGES } from './messages.ts';
import { type Fields, nothing, type Struct, struct } from './struct.ts';
import { UNKNOWN_DEFINITION } from './unknown.ts';

/** The first type for messages of your own. The header has 0 to 10, including 5, which has no messages. */
export const FIRST_USER_TYPE = 11;

/** Options of {@link defineMessage}. */
export interface MessageOptions<Name extends string, P extends Fields | Struct> {
  /** An identifier, such as `TICK`; neither a name of the header nor `UNKNOWN`. */
  readonly name: Name;
  /** 11 to 255. */
  readonly type: number;
  /** 0 to 255. By convention guests send 32 and up. Default: 0. */
  readonly subtype?: number;
  /** The side that may send it as a request. Default: both. */
  readonly direction?: Direction;
  /** The fields, or a schema made with struct(); at most 60 bytes. Default: no payload. */
  readonly payload?: P;
  /** The meaning of a response. Default: `fill` when the payload has OUT fields, else `ack`. */
  readonly response?: ResponseRule;
  /** Whether other messages may overtake it while its receiver works. Default: false. */
  readonly deferred?: boolean;
}

/** The fields of a payload, from a declaration or a schema. */
export type FieldsOf<P> = P extends Struct<infer F> ? F : P extends Fields ? P : never;

const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]*$/;
const TAKEN: ReadonlySet<string> = new Set([...SEED_MESSAGES, UNKNOWN_DEFINITION].map(({ name }) => name));
const DIRECTIONS: readonly string[] = ['toGuest', 'toController', 'both'] satisfies Direction[];

const isStruct = (payload: Fields | Struct): payload is Struct => Array.isArray(payload.fields);

const isInteger = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/**
 * Defines a message for {@link createCodec}:
 *
 * ```ts
 * const tick = defineMessage({ name: 'TICK', type: 11, payload: { sequence: u32, sentAt: f64, answeredAt: out(f64) } });
 * const codec = createCodec([tick]);
 * codec.encode({ name: 'TICK', sequence: 1, sentAt: performance.now() });
 * ```
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEFINITION` when an option is invalid; `field` names it
 */
export function defineMessage<const Name extends string, P extends Fields | Struct = typeof nothing>(
  options: MessageOptions<Name, P>,
): MessageDefinition<Name, FieldsOf<P>> {
  const { name, type, subtype = 0, direction = 'both', payload = nothing, deferred = false } = options;
  const subject = `defineMessage(${String(name)})`;
  if (!IDENTIFIER.test(name)) throw badDefinition(subject, 'name', 'a letter, then letters, digits and _', name);
  if (TAKEN.has(name)) throw badDefinition(subject, 'name', "other than UNKNOWN and the header's 42 names", name);
  if (!isInteger(type, FIRST_USER_TYPE, 255))
    throw badDefinition(subject, 'type', "an integer from 11 to 255 (0 to 10 are the header's)", type);
  if (!isInteger(subtype, 0, 255)) throw badDefinition(subject, 'subtype', 'an integer from 0 to 255', subtype);
  if (!DIRECTIONS.includes(direction)) throw badDefinition(subject, 'direction', DIRECTIONS.join(', '), direction);

  const schema = isStruct(payload) ? payload : struct(`${name.toLowerCase()}_t`, payload as Fields);
  const outs = schema.fields.filter((field) => field.type.role === 'out').map((field) => field.name);
  const response = options.response ?? { kind: outs.length > 0 ? 'fill' : 'ack' };
  if (response.kind === 'status' && !outs.includes(response.field))
    throw badDefinition(
      subject,
      'response.field',
      `an OUT field (${outs.join(', ') || 'there is none'})`,
      response.field,
    );

  return Object.freeze({
    name,
    type,
    subtype,
    direction,
    struct: schema as Struct<FieldsOf<P>>,
    response: Object.freeze({ ...response }),
    deferred,
  });
}
