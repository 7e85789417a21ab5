import { CtrlIfError } from '../errors.ts';
import { FAILURE_BYTES, FAILURE_CODE } from '../wire/failure.ts';

/**
 * The refusal of a request. When a handler throws it or rejects with it, the requester's promise rejects with a `RequestError` of the
 * same code and text:
 *
 * ```ts
 * domain.receive('WITHDRAW', ({ amount }) => {
 *   if (amount > balance) throw new RequestError('NO_FUNDS', `only ${balance} left`);
 * });
 * ```
 *
 * Code and text have 59 bytes together; a longer text is cut. Only messages of the user's own carry them. The response to a message of
 * the seed has its error status, or length 0 where the message has no status.
 */
export class RequestError extends Error {
  /** A code of the user's own, by which the requester distinguishes refusals. */
  readonly code: string;

  /**
   * @param code 1 to 59 printable ASCII characters without spaces, such as `NO_FUNDS`
   * @param text a sentence for people; `59 - code.length` bytes of its UTF-8 arrive
   * @throws CtrlIfError `ERR_CTRL_IF_VALUE` when `code` is none
   */
  constructor(code: string, text = '') {
    super(text);
    if (typeof code !== 'string' || !FAILURE_CODE.test(code)) {
      const expected = `1 to ${FAILURE_BYTES} printable ASCII characters without spaces`;
      throw new CtrlIfError(
        'ERR_CTRL_IF_VALUE',
        `the code of a RequestError must be ${expected}, such as NO_FUNDS; got ${JSON.stringify(code)}`,
        { field: 'code', expected, received: code },
      );
    }
    this.code = code;
  }

  static {
    RequestError.prototype.name = 'RequestError';
  }
}
