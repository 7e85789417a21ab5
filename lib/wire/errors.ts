/** The sentences of wire's errors: which field of which message, where in the slot, what was expected, what came. */
import { CtrlIfError } from '../errors.ts';

/** A value as an error sentence shows it: short, quoted where it is text, and never running the caller's code. */
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

/** ERR_CTRL_IF_VALUE: a field (of a message, or an argument) that cannot be what it is. `offset` counts from the slot's start. */
export function badValue(
  subject: string,
  field: string,
  offset: number | undefined,
  expected: string,
  received: unknown,
): CtrlIfError {
  const where = offset === undefined ? '' : ` (byte ${offset} of the slot)`;
  return new CtrlIfError(
    'ERR_CTRL_IF_VALUE',
    `${subject}: ${field}${where} must be ${expected}, ${butGot(received)}.`,
    {
      field,
      expected,
      received,
      ...(offset !== undefined && { offset }),
    },
  );
}

/** ERR_CTRL_IF_LENGTH: the `length` byte of a slot contradicts the message. */
export function badLength(subject: string, expected: string, received: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_LENGTH',
    `${subject}: length (byte 3 of the slot) must be ${expected}, but got ${received}; the sender does not speak this layout.`,
    { field: 'length', offset: 3, expected, received },
  );
}

/** ERR_CTRL_IF_SHORT_BUFFER: `available` bytes where `needed` would do; the offset is that of the first missing byte. */
export function shortBuffer(field: 'slot' | 'target', needed: number, available: number): CtrlIfError {
  const expected = `at least ${needed} bytes`;
  return new CtrlIfError(
    'ERR_CTRL_IF_SHORT_BUFFER',
    `The ${field} must have ${expected} from where the message starts, but has ${available}; a whole slot is 64.`,
    { field, offset: available, expected, received: available },
  );
}

/** ERR_CTRL_IF_DEFINITION: a message or struct that cannot be defined so. */
export function badDefinition(subject: string, field: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DEFINITION', `${subject}: ${field} must be ${expected}, ${butGot(received)}.`, {
    field,
    expected,
    received,
  });
}

/** ERR_CTRL_IF_UNKNOWN_MESSAGE: a name that the codec has no definition for. */
export function unknownMessage(received: unknown): CtrlIfError {
  const expected = "the name of one of the seed's 42 messages, of a definition given to createCodec(), or UNKNOWN";
  return new CtrlIfError(
    'ERR_CTRL_IF_UNKNOWN_MESSAGE',
    `No message is called ${show(received)}: name must be ${expected}. Define your own with defineMessage().`,
    { field: 'name', expected, received },
  );
}
