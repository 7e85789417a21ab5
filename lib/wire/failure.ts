/**
 * The response that says why a request of the user's own types failed. The original has no such response: messages of its types
 * (0 to 10) have a status field or length 0 only.
 *
 * | byte    | holds                                                                        |
 * | ------- | ---------------------------------------------------------------------------- |
 * | 0 to 2  | type, subtype and id of the request                                          |
 * | 3       | 0x80 + n, a length that no message has; n bytes follow, 0 for not understood |
 * | 4       | bytes of the code; 0 when the receiver failed                                |
 * | 5       | the code in ASCII, then the text in UTF-8                                    |
 */
import { FIRST_USER_TYPE } from './define.ts';
import { ID_OFFSET, LENGTH_OFFSET, PAYLOAD_BYTES, PAYLOAD_OFFSET, SUBTYPE_OFFSET, TYPE_OFFSET } from './layout.ts';

/** Why a request failed: it has no receiver, its receiver failed, or its receiver refused it. */
export type Failure =
  | { readonly kind: 'not understood' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'refused'; readonly code: string; readonly text: string };

export const NOT_UNDERSTOOD: Failure = { kind: 'not understood' };
/** The receiver's own error may be private, so it is not sent. */
export const RECEIVER_FAILED: Failure = { kind: 'failed' };

/** Set in the length byte of a failure. */
const FAILURE_FLAG = 0x80;
/** The most bytes of code and text together. One more byte holds the length of the code. */
export const FAILURE_BYTES = PAYLOAD_BYTES - 1;
/** A valid code: printable ASCII without spaces, so that one byte is one character. */
export const FAILURE_CODE = /^[\x21-\x7e]{1,59}$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Whether a request of this type can be answered with a failure. */
export const carriesFailure = (type: number): boolean => type >= FIRST_USER_TYPE;

/**
 * Writes a failure to all 64 bytes of `slot`, with zeros after the text. A code must match {@link FAILURE_CODE}. A text that does
 * not fit is cut at the end of a character.
 */
export function encodeFailure(
  { type, subtype, id }: { type: number; subtype: number; id: number },
  failure: Failure,
  slot: Uint8Array,
): void {
  slot.fill(0);
  slot[TYPE_OFFSET] = type;
  slot[SUBTYPE_OFFSET] = subtype;
  slot[ID_OFFSET] = id;
  slot[LENGTH_OFFSET] = FAILURE_FLAG | writeReason(failure, slot.subarray(PAYLOAD_OFFSET));
}

/** Returns how many bytes it wrote. */
function writeReason(failure: Failure, payload: Uint8Array): number {
  if (failure.kind === 'not understood') return 0;
  if (failure.kind === 'failed') return 1;
  const { code, text } = failure;
  payload[0] = code.length;
  encoder.encodeInto(code, payload.subarray(1));
  // encodeInto writes whole characters only.
  const { written } = encoder.encodeInto(text, payload.subarray(1 + code.length));
  return 1 + code.length + written;
}

/** The failure in `slot`, 64 bytes; undefined when it holds none. A malformed failure counts as {@link RECEIVER_FAILED}. */
export function decodeFailure(slot: Uint8Array): Failure | undefined {
  const length = slot[LENGTH_OFFSET]!;
  if ((length & FAILURE_FLAG) === 0 || !carriesFailure(slot[TYPE_OFFSET]!)) return undefined;
  if (length === FAILURE_FLAG) return NOT_UNDERSTOOD;
  const end = PAYLOAD_OFFSET + (length & ~FAILURE_FLAG);
  const codeStart = PAYLOAD_OFFSET + 1;
  const textStart = codeStart + slot[PAYLOAD_OFFSET]!;
  if (end > slot.length || textStart > end) return RECEIVER_FAILED;
  const code = String.fromCharCode(...slot.subarray(codeStart, textStart));
  if (!FAILURE_CODE.test(code)) return RECEIVER_FAILED;
  try {
    return { kind: 'refused', code, text: decoder.decode(slot.subarray(textStart, end)) };
  } catch {
    return RECEIVER_FAILED;
  }
}
