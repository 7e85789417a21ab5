import { CtrlIfError } from '../errors.ts';
import { type Failure, RECEIVER_FAILED } from '../wire/failure.ts';
import type { AnyMessage } from './codec.ts';
import type { RequestError } from './request-error.ts';

/** Where answers go: the link that the request came over. */
export interface Answering {
  /** Encodes and sends the response: the request's own fields, those given instead where given. */
  answer(request: Received, fields: object | undefined): void;
  /** Sends the response that says "not understood". */
  answerUnanswered(request: Received): void;
  /** Says that the request failed, as far as its message can: by `failure`, its error status, or length 0. */
  answerFailed(request: Received, failure: Failure): void;
}

/**
 * A request that was taken off the ring, and the right to answer it: exactly once (H6, H7). A handler rarely needs it,
 * since what it returns is the response.
 */
export class Received {
  /** The 64 bytes as they came, a private copy; valid until the handler first returns or awaits. */
  readonly bytes: Uint8Array;
  /** The requester's id, opaque to the responder (0xFF: it awaits no answer). */
  readonly id: number;
  readonly type: number;
  readonly subtype: number;
  /** The decoded request, whose fields the response starts from. */
  readonly message: AnyMessage;
  readonly #answering: Answering;
  #state: 'open' | 'deferred' | 'answered' = 'open';

  constructor(answering: Answering, bytes: Uint8Array, type: number, subtype: number, id: number, message: AnyMessage) {
    this.#answering = answering;
    this.bytes = bytes;
    this.type = type;
    this.subtype = subtype;
    this.id = id;
    this.message = message;
  }

  /** True once the response is on its way. */
  get answered(): boolean {
    return this.#state === 'answered';
  }

  get deferred(): boolean {
    return this.#state === 'deferred';
  }

  /** Takes the answer out of the handler's return: {@link respond} must be called later, and the next message goes on. */
  defer(): void {
    if (this.#state === 'open') this.#state = 'deferred';
  }

  /**
   * Answers with the request's fields, overwritten by `fields`. Throws `ERR_CTRL_IF_ALREADY_ANSWERED` the second time,
   * and the encoder's error for a value that does not fit, after which it may be called again.
   */
  respond(fields?: object): void {
    this.#checkOpen();
    this.#answering.answer(this, fields);
    this.#state = 'answered';
  }

  /** Answers that the request is not understood, as when nobody received it. */
  respondNotUnderstood(): void {
    this.#checkOpen();
    this.#answering.answerUnanswered(this);
    this.#state = 'answered';
  }

  /**
   * Answers that the request is refused: the asker's promise rejects with this error's code and text. A message of the
   * seed's cannot carry them and is answered with its error status, or with length 0 where it has none.
   */
  refuse({ code, message }: RequestError): void {
    this.#fail({ kind: 'refused', code, text: message });
  }

  /** @internal Answers that the receiver failed. */
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
