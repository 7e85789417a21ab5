import { CtrlIfError } from '../errors.ts';
import { type Failure, RECEIVER_FAILED } from '../wire/failure.ts';
import type { AnyMessage } from './codec.ts';
import type { RequestError } from './request-error.ts';

/** Sends the responses to requests. */
export interface Answering {
  /** Sends the request's own fields, overwritten by `fields`. */
  answer(request: Received, fields: object | undefined): void;
  /** Sends the response that says "not understood". */
  answerUnanswered(request: Received): void;
  /** Sends the response that says "failed" in the way that the message has: `failure`, its error status, or length 0. */
  answerFailed(request: Received, failure: Failure): void;
}

/**
 * A request that was taken off the ring. It is answered exactly once (H6, H7). A handler rarely needs this object, because its return
 * value is the response.
 */
export class Received {
  /** The 64 bytes of the request, a copy that is valid until the handler returns or awaits. */
  readonly bytes: Uint8Array;
  /** The requester's id, 0 to 255. 0xFF: the requester awaits no response. */
  readonly id: number;
  /** `control_msg_t.type`, 0 to 255 (PROTOCOL.md 1.1). */
  readonly type: number;
  /** `control_msg_t.subtype`, 0 to 255 (PROTOCOL.md 1.1). */
  readonly subtype: number;
  /** The decoded request. Its fields are the defaults of the response. */
  readonly message: AnyMessage;
  readonly #answering: Answering;
  #state: 'open' | 'deferred' | 'answered' = 'open';

  /** @internal */
  constructor(answering: Answering, bytes: Uint8Array, type: number, subtype: number, id: number, message: AnyMessage) {
    this.#answering = answering;
    this.bytes = bytes;
    this.type = type;
    this.subtype = subtype;
    this.id = id;
    this.message = message;
  }

  /** Whether the response has been sent. */
  get answered(): boolean {
    return this.#state === 'answered';
  }

  /** Whether {@link defer} was called and the response has not been sent. */
  get deferred(): boolean {
    return this.#state === 'deferred';
  }

  /** Makes the handler's return value no response: {@link respond} must be called later. The next message does not wait for it. */
  defer(): void {
    if (this.#state === 'open') this.#state = 'deferred';
  }

  /**
   * Responds with the request's fields, overwritten by `fields`.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ALREADY_ANSWERED` when the request has its response; `_VALUE` or `_LENGTH` when a field does not
   *   fit, after which `respond` may be called again
   */
  respond(fields?: object): void {
    this.#checkOpen();
    this.#answering.answer(this, fields);
    this.#state = 'answered';
  }

  /**
   * Responds with length 0, as for a message without a receiver: the requester gets `ERR_CTRL_IF_NOT_UNDERSTOOD`.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ALREADY_ANSWERED` when the request has its response
   */
  respondNotUnderstood(): void {
    this.#checkOpen();
    this.#answering.answerUnanswered(this);
    this.#state = 'answered';
  }

  /**
   * Refuses the request: the requester's promise rejects with this error's code and text. A message of the seed cannot carry them. Its
   * response has the error status, or length 0 where the message has no status.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ALREADY_ANSWERED` when the request has its response
   */
  refuse({ code, message }: RequestError): void {
    this.#fail({ kind: 'refused', code, text: message });
  }

  /** @internal Responds that the receiver failed. */
  fail(): void {
    this.#fail(RECEIVER_FAILED);
  }

  #fail(failure: Failure): void {
    this.#checkOpen();
    this.#answering.answerFailed(this, failure);
    this.#state = 'answered';
  }

  #checkOpen(): void {
    if (this.#state !== 'answered') return;
    throw new CtrlIfError(
      'ERR_CTRL_IF_ALREADY_ANSWERED',
      `this ${this.message.name} has its response already; a request is answered exactly once`,
      { subject: this.message.name },
    );
  }
}
