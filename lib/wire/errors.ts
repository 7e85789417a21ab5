/** The errors of wire. Each names the message, the field, its place in the slot, the expected and the received value. */
import { CtrlIfError } from '../errors.ts';

/** A value in an error sentence: short, and quoted when it is text. It never runs code of the caller. */
function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}...` : value);
    case 'bigint':
      return `${value}n`;
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      if (value instanceof Uint8Array) return `a Uint8Array of ${value.length} bytes`;
      return Array.isArray(value) ? 'an array' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}

const butGot = (received: unknown): string =>
  received === undefined ? 'but it is missing' : `but got ${show(received)}`;

/** ERR_CTRL_IF_VALUE: the value of a field or an argument is invalid. `offset` counts from the start of the slot. */
export function badValue(
  subject: string,
  field: string,
  offset: number | undefined,
  expected: string,
  received: unknown,
): CtrlIfError {
  const place = offset === undefined ? '' : ` (byte ${offset} of the slot)`;
  return new CtrlIfError('ERR_CTRL_IF_VALUE', `${subject}: ${field}${place} must be ${expected}, ${butGot(received)}`, {
    field,
    expected,
    received,
    ...(offset !== undefined && { offset }),
  });
}

/** ERR_CTRL_IF_LENGTH: the `length` byte of a slot does not fit the message. */
export function badLength(subject: string, expected: string, received: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_LENGTH',
    `${subject}: length (byte 3 of the slot) must be ${expected}, but got ${received}`,
    { advice: 'have both sides define this message alike', field: 'length', offset: 3, expected, received },
  );
}

/** ERR_CTRL_IF_SHORT_BUFFER: there are only `available` of the `needed` bytes. The offset is that of the first missing byte. */
export function shortBuffer(field: 'slot' | 'target', needed: number, available: number): CtrlIfError {
  const expected = `at least ${needed} bytes`;
  return new CtrlIfError(
    'ERR_CTRL_IF_SHORT_BUFFER',
    `the ${field} must have ${expected} from the start of the message, but has ${available}`,
    { advice: 'pass a whole slot, 64 bytes', field, offset: available, expected, received: available },
  );
}

/** ERR_CTRL_IF_DEFINITION: an option of a message or struct is invalid. */
export function badDefinition(subject: string, field: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DEFINITION', `${subject}: ${field} must be ${expected}, ${butGot(received)}`, {
    field,
    expected,
    received,
  });
}

/** ERR_CTRL_IF_UNKNOWN_MESSAGE: the codec has no definition with this name. */
export function unknownMessage(received: unknown): CtrlIfError {
  const expected = "the name of one of the seed's 42 messages, of a definition given to createCodec(), or UNKNOWN";
  return new CtrlIfError(
    'ERR_CTRL_IF_UNKNOWN_MESSAGE',
    `no message is called ${show(received)}: name must be ${expected}`,
    { advice: 'define your own messages with defineMessage()', field: 'name', expected, received },
  );
}
