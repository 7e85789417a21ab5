import { CtrlIfError } from '../errors.ts';
import type { FrontRing } from '../ring/front-ring.ts';
import { HEADER_BYTES, ID_NO_ANSWER, ID_OFFSET, MESSAGE_BYTES, SUBTYPE_OFFSET, TYPE_OFFSET } from '../wire/layout.ts';
import { Call } from './call.ts';
import { CallTable } from './call-table.ts';
import { type AnyCodec, type AnyMessage, decodeResponse, identify } from './codec.ts';
import type { LinkObserver } from './observer.ts';
import { Outgoing, type OutgoingMessage } from './outgoing.ts';

export interface RequesterOptions {
  ring: FrontRing;
  codec: AnyCodec;
  /** The peer has broken the protocol. {@link Requester.take} throws instead. */
  onBroken(error: CtrlIfError): void;
}

/** The lowest id. A request gets it when no other is in flight. */
const FIRST_ID = 0;

/** Puts this side's requests on the front ring, and settles their calls when the responses come. */
export class Requester {
  observer: LinkObserver | undefined;
  readonly counts = { requestsSent: 0, responsesReceived: 0, lateResponses: 0 };
  // Fields of their own, because they are read for every message.
  readonly #ring: FrontRing;
  readonly #codec: AnyCodec;
  readonly #onBroken: (error: CtrlIfError) => void;
  readonly #calls = new CallTable();
  readonly #outgoing = new Outgoing();
  /** Messages in flight with id 0xFF. */
  #noAnswerAwaited = 0;
  #failure: CtrlIfError | undefined;

  constructor({ ring, codec, onBroken }: RequesterOptions) {
    this.#ring = ring;
    this.#codec = codec;
    this.#onBroken = onBroken;
  }

  /** Requests sent and not yet answered. */
  get inFlight(): number {
    return this.#calls.size + this.#noAnswerAwaited;
  }

  /** Messages that wait for a slot or an id. */
  get waiting(): number {
    return this.#outgoing.size;
  }

  get awaitsAnswer(): boolean {
    return this.#ring.unanswered > 0 || this.#outgoing.size > 0;
  }

  /** No request is in flight or waits, so the next response belongs to the next request. */
  get isQuiet(): boolean {
    return this.#ring.unanswered === 0 && this.#ring.pending === 0 && this.#outgoing.size === 0;
  }

  /** Makes the call that awaits the response to `message`, which is not sent yet. */
  call(message: AnyMessage, resolve: (message: AnyMessage) => void, reject: (error: unknown) => void): Call {
    const { type, subtype } = identify(this.#codec, message);
    return new Call(type, subtype, (response) => this.#settle(response, resolve, reject), reject);
  }

  /** Puts the message on the ring, or behind those that wait for it. Throws the encoder's error, or the error that ended the link. */
  enqueue(outgoing: OutgoingMessage): void {
    if (this.#failure) throw this.#failure;
    if (this.#outgoing.size === 0 && this.#place(outgoing)) return;
    // Encoded now: the caller may change its message while it waits, and gets the error for a bad value at once.
    outgoing.encoded = this.#codec.encode(outgoing.message, ID_NO_ANSWER, new Uint8Array(MESSAGE_BYTES));
    this.#outgoing.add(outgoing);
  }

  /** Puts the message on the ring with id 0xFF; false when it would have to wait. Throws as {@link enqueue}. */
  tryPlace(message: AnyMessage): boolean {
    if (this.#failure) throw this.#failure;
    return this.#outgoing.size === 0 && this.#place({ message });
  }

  /** Drops the message of `call`, if it still waits. */
  remove(call: Call): void {
    this.#outgoing.remove(call);
  }

  /**
   * Sends the request and polls the ring up to `polls` times for its response, without a call in the table and without a turn. Requires
   * {@link isQuiet}. Undefined when no response has come; then {@link awaitPlaced} must be called.
   */
  askAtOnce(message: AnyMessage, polls: number): AnyMessage | undefined {
    const ring = this.#ring;
    const slot = ring.stage()!;
    try {
      this.#codec.encode(message, FIRST_ID, slot);
    } catch (error) {
      ring.unstage();
      throw error;
    }
    this.counts.requestsSent++;
    this.observer?.({ flow: 'request', direction: 'sent', bytes: slot });
    const type = slot[TYPE_OFFSET]!;
    const subtype = slot[SUBTYPE_OFFSET]!;
    let response: Uint8Array | undefined;
    try {
      response = ring.flushAndPop(polls);
      if (!response) return undefined;
      if (response[ID_OFFSET] !== FIRST_ID || response[TYPE_OFFSET] !== type || response[SUBTYPE_OFFSET] !== subtype) {
        throw broken('a response to no request of ours', response);
      }
    } catch (error) {
      this.#onBroken(error as CtrlIfError);
      throw error;
    }
    this.counts.responsesReceived++;
    this.observer?.({ flow: 'response', direction: 'received', bytes: response });
    return decodeResponse(this.#codec, response);
  }

  /** Makes `call` await the response that {@link askAtOnce} did not find. */
  awaitPlaced(call: Call): void {
    this.#calls.add(call);
  }

  /** Sends the staged requests and takes the responses that have come, with up to `polls` polls. Returns how many it took. */
  take(polls: number): number {
    const ring = this.#ring;
    if (ring.unanswered + ring.pending === 0) return 0;
    let count = 0;
    for (let response = ring.flushAndPop(polls); response; response = ring.popCollected()) {
      count++;
      this.#take(response);
    }
    return count;
  }

  /** Gives free slots to the messages that have waited longest. Runs in every turn, so no wake-up can be missed (H8). */
  placeWaiting(): number {
    return this.#outgoing.placeWaiting((waiting) => this.#place(waiting));
  }

  /** Rejects all calls and waiting messages. */
  fail(error: CtrlIfError): void {
    this.#failure = error;
    for (const call of this.#calls.drain()) call.fail(error);
    for (const waiting of this.#outgoing.drain()) (waiting.call ?? waiting).fail?.(error);
  }

  #take(response: Uint8Array): void {
    const id = response[ID_OFFSET]!;
    this.observer?.({ flow: 'response', direction: 'received', bytes: response });
    if (id === ID_NO_ANSWER) {
      if (this.#noAnswerAwaited === 0) throw broken('a response with id 0xFF to no message', response);
      this.#noAnswerAwaited--;
      return;
    }
    const call = this.#calls.take(id);
    if (!call) throw broken(`a response with id ${id}, which no request in flight has`, response);
    if (response[TYPE_OFFSET] !== call.type || response[SUBTYPE_OFFSET] !== call.subtype) {
      const error = broken(
        `a response of type ${response[TYPE_OFFSET]}/${response[SUBTYPE_OFFSET]} to a request of ${call.type}/${call.subtype}`,
        response,
      );
      // The call has left the table, so the end of the link does not reject it.
      if (!call.abandoned) call.fail(error);
      throw error;
    }
    this.counts.responsesReceived++;
    if (call.abandoned) this.counts.lateResponses++;
    else call.settle(response);
  }

  /** Stages the message on the ring; false when no slot or no id is free. */
  #place(outgoing: OutgoingMessage): boolean {
    const { call, encoded, message } = outgoing;
    if (this.#ring.room === 0) return false;
    const id = call ? this.#calls.add(call) : ID_NO_ANSWER;
    if (id < 0) return false;
    const slot = this.#ring.stage()!;
    try {
      if (encoded) {
        slot.set(encoded);
        slot[ID_OFFSET] = id;
      } else {
        this.#codec.encode(message, id, slot);
      }
    } catch (error) {
      this.#ring.unstage();
      if (call) this.#calls.take(id);
      throw error;
    }
    if (!call) this.#noAnswerAwaited++;
    this.counts.requestsSent++;
    this.observer?.({ flow: 'request', direction: 'sent', bytes: slot });
    outgoing.sent?.();
    return true;
  }

  #settle(response: Uint8Array, resolve: (message: AnyMessage) => void, reject: (error: unknown) => void): void {
    try {
      resolve(decodeResponse(this.#codec, response));
    } catch (error) {
      reject(error);
    }
  }
}

function broken(mistake: string, response: Uint8Array): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_PEER_PROTOCOL', `the peer sent ${mistake}; the link is closed`, {
    received: Buffer.from(response.subarray(0, HEADER_BYTES)).toString('hex'),
  });
}
