import { CtrlIfError } from '../errors.ts';
import { MESSAGE_BYTES, seedCodec, slotId, slotLength, slotSubtype, slotType } from '../wire/index.ts';
import { translateAll } from './translate.ts';

const DIGITS = 2 * MESSAGE_BYTES;

export function decodeCommand(args: readonly string[]): Promise<number> {
  return translateAll(args, { takes: `slots of ${DIGITS} hexadecimal digits`, translate: decodeHex });
}

/** One slot in hexadecimal to one message in JSON. */
export function decodeHex(hex: string): string {
  const slot = parseSlot(hex);
  ensureUnderstood(slot);
  return JSON.stringify(seedCodec.toJSON(seedCodec.decode(slot), slotId(slot)));
}

function parseSlot(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  const stray = /[^0-9a-f]/iu.exec(text.replace(/\s/g, '0'));
  if (stray) {
    throw badSlot(`holds ${JSON.stringify(stray[0])} at character ${stray.index + 1}`, 'hexadecimal digits', text);
  }
  if (digits.length !== DIGITS) throw badSlot(`has ${digits.length}`, `${DIGITS} hexadecimal digits`, digits.length);
  return Buffer.from(digits, 'hex');
}

function badSlot(what: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_VALUE',
    `a slot is ${MESSAGE_BYTES} bytes in ${DIGITS} hexadecimal digits, and this one ${what}`,
    { field: 'slot', expected, received },
  );
}

/** The codec would report a wrong length. For a reader of traces, report the answer "not understood" instead. */
function ensureUnderstood(slot: Uint8Array): void {
  const definition = seedCodec.definitionOf(slotType(slot), slotSubtype(slot));
  if (!definition || slotLength(slot) !== 0 || definition.struct.size === 0) return;
  throw new CtrlIfError(
    'ERR_CTRL_IF_LENGTH',
    `${definition.name}: length (byte 3 of the slot) is 0, but the payload has ${definition.struct.size} bytes: this is the answer "not understood" to request ${slotId(slot)}; the peer has no receiver for the message, or its receiver failed`,
    { field: 'length', offset: 3, expected: String(definition.struct.size), received: 0 },
  );
}
