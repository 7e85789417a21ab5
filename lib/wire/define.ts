/** Messages of the user's own, on the types that the header leaves free. */
import type { Direction, MessageDefinition, ResponseRule } from './definition.ts';
import { badDefinition } from './errors.ts';
import { SEED_MESSAGES } from './messages.ts';
import { type Fields, nothing, type Struct, struct } from './struct.ts';
import { UNKNOWN_DEFINITION } from './unknown.ts';

/** The first type that is free; 0 to 10 are the header's, 5 among them though it has no messages. */
export const FIRST_USER_TYPE = 11;

/** What {@link defineMessage} takes. */
export interface MessageOptions<Name extends string, P extends Fields | Struct> {
  /** An identifier, such as `TICK`; not one of the header's names, nor `UNKNOWN`. */
  readonly name: Name;
  /** 11 to 255. */
  readonly type: number;
  /** 0 to 255; 0 unless given. By convention 32 and up flow to the controller. */
  readonly subtype?: number;
  /** Who may send it as a request; both unless given. */
  readonly direction?: Direction;
  /** The fields, or a schema made with struct(); at most 60 bytes. No payload unless given. */
  readonly payload?: P;
  /** What a response says; unless given, `fill` where the payload has OUT fields and `ack` where not. */
  readonly response?: ResponseRule;
  /** Whether receivers may take their time; false unless given. */
  readonly deferred?: boolean;
}

/** The fields of a payload, given either way. */
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
 * const tick = defineMessage({ name: 'TICK', type: 11, payload: { sequence: u32, sentAt: f64, heardAt: out(f64) } });
 * const codec = createCodec([tick]);
 * codec.encode({ name: 'TICK', sequence: 1, sentAt: performance.now() });
 * ```
 *
 * @throws ERR_CTRL_IF_DEFINITION with the option concerned in `field`
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
