import { CtrlIfError } from '../errors.ts';
import { FAILURE_BYTES, FAILURE_CODE } from '../wire/failure.ts';

/**
 * A request that its receiver refuses. A handler throws it, or rejects with it, and the asker's promise rejects with a
 * `RequestError` of the same code and text:
 *
 * ```ts
 * domain.receive('WITHDRAW', ({ amount }) => {
 *   if (amount > balance) throw new RequestError('NO_FUNDS', `only ${balance} left`);
 * });
 * ```
 *
 * Code and text cross in 59 bytes; a longer text arrives cut. Only messages of the user's own carry them: a message of
 * the seed's is answered with its error status, or with length 0 where it has none.
 */
export class RequestError extends Error {
  /** The user's own word for what is wrong, to be told apart by the asker. */
  readonly code: string;

  /**
   * @param code 1 to 59 printable ASCII characters without spaces, such as `NO_FUNDS`
   * @param text a sentence for people, in UTF-8; `59 - code.length` bytes of it cross
   * @throws CtrlIfError `ERR_CTRL_IF_VALUE` for any other code
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
