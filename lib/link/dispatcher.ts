import { CtrlIfError } from '../errors.ts';
import type { BackRing } from '../ring/back-ring.ts';
import { carriesFailure, encodeFailure, type Failure, NOT_UNDERSTOOD } from '../wire/failure.ts';
import { ID_OFFSET, SUBTYPE_OFFSET, TYPE_OFFSET } from '../wire/layout.ts';
import { encodeNotUnderstood } from '../wire/slot.ts';
import { type AnyCodec, type AnyMessage, failureFields } from './codec.ts';
import type { LinkObserver } from './observer.ts';
import { type Answering, Received } from './received.ts';
import { type AnyHandler, Receivers } from './receivers.ts';
import { RequestError } from './request-error.ts';
import { SerialQueue } from './serial-queue.ts';

export interface DispatcherOptions {
  ring: BackRing;
  codec: AnyCodec;
  /** Whether handlers of deferred messages run one after the other (see {@link SerialQueue}). All others run at once. */
  keepsDeferredOrder: boolean;
  onHandlerError(error: CtrlIfError): void;
  /** A response has been staged. */
  onAnswer(): void;
}

type RequestHeader = Pick<Received, 'type' | 'subtype' | 'id'>;

/** Takes requests off the back ring, calls their receivers, and sends exactly one response for each. */
export class Dispatcher implements Answering {
  readonly receivers = new Receivers();
  observer: LinkObserver | undefined;
  readonly counts = {
    requestsReceived: 0,
    responsesSent: 0,
    malformedRequests: 0,
    unclaimedRequests: 0,
    unanswered: 0,
  };
  // Fields of their own, because they are read for every message.
  readonly #ring: BackRing;
  readonly #codec: AnyCodec;
  readonly #keepsDeferredOrder: boolean;
  readonly #onAnswer: () => void;
  readonly #onHandlerError: (error: CtrlIfError) => void;
  readonly #deferred = new SerialQueue();
  #stopped = false;
  #awaitsHandler = false;

  constructor(options: DispatcherOptions) {
    this.#ring = options.ring;
    this.#codec = options.codec;
    this.#keepsDeferredOrder = options.keepsDeferredOrder;
    this.#onAnswer = options.onAnswer;
    this.#onHandlerError = options.onHandlerError;
  }

  /** Whether a handler that the last {@link take} called has returned a promise. It cannot settle before the running code ends. */
  get awaitsHandler(): boolean {
    return this.#awaitsHandler;
  }

  /** Sends the staged responses and takes at most one ring of requests, with up to `polls` polls. Returns how many it took. */
  take(polls: number): number {
    const ring = this.#ring;
    this.#awaitsHandler = false;
    let count = 0;
    for (let request = ring.flushAndPop(polls); request; request = ring.popCollected()) {
      this.#dispatch(request);
      count++;
    }
    return count;
  }

  /** Drops the waiting deferred messages. Later responses are not sent. */
  stop(): void {
    this.#stopped = true;
    this.#deferred.clear();
  }

  answer(request: Received, fields: object | undefined): void {
    const slot = this.#stage();
    if (!slot) return;
    const { message, id } = request;
    // Without fields of the handler, the response is the request itself.
    const response = !fields || fields === message ? message : { ...message, ...fields, name: message.name };
    try {
      this.#codec.encode(response, id, slot);
    } catch (error) {
      this.#ring.unstage();
      throw error;
    }
    this.#staged(slot);
  }

  answerUnanswered(request: RequestHeader): void {
    this.#answerWithout(request, NOT_UNDERSTOOD);
  }

  answerFailed(request: Received, failure: Failure): void {
    const status = failureFields(this.#codec, request.message);
    const refusalCrosses = failure.kind === 'refused' && carriesFailure(request.type);
    if (status && !refusalCrosses) {
      try {
        this.answer(request, status);
        return;
      } catch {
        // The receiver has put a value into the message that cannot be encoded.
      }
    }
    this.#answerWithout(request, failure);
  }

  /** Responds with a failure in place of an answer. */
  #answerWithout(request: RequestHeader, failure: Failure): void {
    const slot = this.#stage();
    if (!slot) return;
    if (carriesFailure(request.type)) encodeFailure(request, failure, slot);
    else encodeNotUnderstood(request.type, request.subtype, request.id, slot);
    this.#staged(slot);
  }

  #stage(): Uint8Array | undefined {
    if (this.#stopped) return undefined;
    const slot = this.#ring.stage();
    if (!slot) throw new CtrlIfError('ERR_CTRL_IF_RING_NOT_OUTSTANDING', 'no request is waiting for this response');
    return slot;
  }

  #staged(slot: Uint8Array): void {
    this.observer?.({ flow: 'response', direction: 'sent', bytes: slot });
    this.counts.responsesSent++;
    this.counts.unanswered--;
    this.#onAnswer();
  }

  #dispatch(bytes: Uint8Array): void {
    const codec = this.#codec;
    const type = bytes[TYPE_OFFSET]!;
    const subtype = bytes[SUBTYPE_OFFSET]!;
    const id = bytes[ID_OFFSET]!;
    this.counts.requestsReceived++;
    this.counts.unanswered++;
    this.observer?.({ flow: 'request', direction: 'received', bytes });
    const handler = this.receivers.find(type, subtype);
    if (!handler) {
      this.counts.unclaimedRequests++;
      this.answerUnanswered({ type, subtype, id });
      return;
    }
    let message: AnyMessage;
    try {
      message = codec.decode(bytes);
    } catch {
      // A malformed request is an error of the peer. It fails alone and the link goes on (H13).
      this.counts.malformedRequests++;
      this.answerUnanswered({ type, subtype, id });
      return;
    }
    const ordered = this.#keepsDeferredOrder && codec.definitionOf(type, subtype)?.deferred === true;
    // The ring reuses its view before a queued handler runs, so the queue gets a copy.
    const kept = ordered && this.#deferred.busy ? bytes.slice() : bytes;
    const request = new Received(this, kept, type, subtype, id, message);
    // A queued request searches for its receiver again when its turn comes: a removed receiver is not called (PROTOCOL.md 5.2 D12).
    if (ordered && this.#deferred.busy) this.#deferred.run(() => this.#handleNow(request));
    else if (ordered) this.#deferred.run(() => this.#handle(handler, request));
    else this.#handle(handler, request);
  }

  #handleNow(request: Received): unknown {
    if (this.#stopped) return undefined;
    const handler = this.receivers.find(request.type, request.subtype);
    if (handler) return this.#handle(handler, request);
    this.counts.unclaimedRequests++;
    request.respondNotUnderstood();
    return undefined;
  }

  /** Never throws. A promise that it returns settles when the handler is done. */
  #handle(handler: AnyHandler, request: Received): unknown {
    if (this.#stopped) return undefined;
    try {
      const returned = handler(request.message, request);
      if (!isThenable(returned)) return this.#conclude(request, returned);
      this.#awaitsHandler = true;
      return Promise.resolve(returned).then(
        (fields) => this.#conclude(request, fields),
        (error) => this.#concludeFailed(request, error),
      );
    } catch (error) {
      return this.#concludeFailed(request, error);
    }
  }

  #conclude(request: Received, returned: unknown): void {
    if (request.answered || request.deferred) return;
    try {
      request.respond(returned as object | undefined);
    } catch (error) {
      this.#concludeFailed(request, error);
    }
  }

  /** A `RequestError` is the handler's answer. Any other error goes to `onHandlerError`, and the peer gets "failed" without the cause. */
  #concludeFailed(request: Received, cause: unknown): void {
    if (cause instanceof RequestError && !request.answered) {
      request.refuse(cause);
      return;
    }
    if (!request.answered) request.fail();
    const { name } = request.message;
    this.#onHandlerError(
      new CtrlIfError(
        'ERR_CTRL_IF_HANDLER',
        `the receiver of ${name} failed: ${String((cause as Error)?.message ?? cause)}; its request was answered with an error`,
        {
          subject: name,
          cause,
        },
      ),
    );
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
