import { CtrlIfError } from '../errors.ts';
import { block } from '../event-channel/block.ts';
import { DomainLoop } from '../event-channel/domain-loop.ts';
import type { IdleStrategy } from '../event-channel/idle.ts';
import { Waiter, type WaitingSide } from '../event-channel/waiter.ts';
import { isPartyAtomic, type Party, readParty } from '../page/control-page.ts';
import type { Page } from '../page/page.ts';
import { isAlive } from '../page/process-identity.ts';
import { BackRing } from '../ring/back-ring.ts';
import { FrontRing } from '../ring/front-ring.ts';
import { CONTROL_RX, CONTROL_TX } from '../wire/control-rings.ts';
import { HEADER_BYTES, ID_NO_ANSWER, ID_OFFSET, MESSAGE_BYTES, SUBTYPE_OFFSET, TYPE_OFFSET } from '../wire/layout.ts';
import { PAGE_WAKEUP } from '../wire/page.ts';
import { Call, type RequestOptions, timedOut } from './call.ts';
import { CallTable } from './call-table.ts';
import { type AnyCodec, type AnyMessage, decodeResponse, identify } from './codec.ts';
import { Dispatcher } from './dispatcher.ts';
import type { LinkObserver } from './observer.ts';
import { Outgoing, type OutgoingMessage } from './outgoing.ts';
import type { AnyHandler } from './receivers.ts';

export interface LinkOptions {
  page: Page;
  /** Which of the two this process is: it says which ring it is front of. */
  party: Party;
  codec: AnyCodec;
  /** Whether the peer can run while this side polls; see `event-channel/processors.ts`. */
  peerRunsBeside: boolean;
  /** What to do when nothing comes; default `adaptive`. */
  idle?: IdleStrategy | undefined;
  /** The loop of the domain whose link this is; default: one of its own, whose doorbell is {@link Link.doorbell}. */
  loop?: DomainLoop | undefined;
  /** Notifies the peer; returns whether that took a doorbell, a system call. */
  ringPeer(): boolean;
  /** Whether the peer notifies this side through the domain's ports, and so can end a blocking wait; default: no. */
  peerRingsDoorbell?: boolean | undefined;
  /** A handler threw or returned what cannot be sent; its request has been answered all the same. */
  onHandlerError(error: CtrlIfError): void;
  /** The peer broke the protocol: the link has failed, nothing more will pass. */
  onBroken(error: CtrlIfError): void;
}

/** What has passed, and what is under way. */
export interface LinkStats {
  requestsSent: number;
  responsesReceived: number;
  requestsReceived: number;
  responsesSent: number;
  /** Responses to requests that had been given up. */
  lateResponses: number;
  /** Requests whose `length` was not their message's; answered with length 0. */
  malformedRequests: number;
  /** Requests that no receiver took; answered with length 0. */
  unclaimedRequests: number;
  /** Requests sent and not yet answered, and those waiting for a free slot or id. */
  inFlight: number;
  waiting: number;
  /** Requests taken from the peer and not yet answered. */
  unanswered: number;
  /** What this side does when nothing comes, and how long it would look now before it sleeps, in microseconds. */
  idle: IdleStrategy;
  idleBudget: { answers: number; requests: number };
  /** Whether this side waits to be notified, using no CPU. */
  asleep: boolean;
  sleeps: number;
  /** How often the peer slept when something was published, and how often that took a system call. */
  notified: number;
  doorbellsRung: number;
  doorbellsHeard: number;
}

/** The lowest id, which a request gets when no other is in flight. */
const FIRST_ID = 0;
/** Batches of requests handled in one turn before the event loop gets its own. */
const ROUNDS = 64;
/** Milliseconds. */
const SYNC_TIMEOUT = 5000;

/** A conversation over one control page: requests out and in, each answered once, until one side goes. */
export class Link {
  readonly #codec: AnyCodec;
  readonly #front: FrontRing;
  readonly #back: BackRing;
  readonly #calls = new CallTable();
  readonly #outgoing = new Outgoing();
  readonly #dispatcher: Dispatcher;
  readonly #waiting: Waiter;
  readonly #loop: DomainLoop;
  readonly #page: Page;
  readonly #peerRingsDoorbell: boolean;
  readonly #peer: Party;
  readonly #onBroken: LinkOptions['onBroken'];
  #failure: CtrlIfError | undefined;
  #observer: LinkObserver | undefined;
  /** Messages in flight with id 0xFF. */
  #noAnswerAwaited = 0;
  #requestsSent = 0;
  #responsesReceived = 0;
  #lateResponses = 0;

  constructor(options: LinkOptions) {
    const { page, party, codec, peerRunsBeside, ringPeer } = options;
    const peer: Party = party === 'guest' ? 'controller' : 'guest';
    const [ownRing, peerRing] = party === 'guest' ? [CONTROL_TX, CONTROL_RX] : [CONTROL_RX, CONTROL_TX];
    const peerMayTear = !page.atomic || !isPartyAtomic(page, peer);
    this.#codec = codec;
    this.#onBroken = options.onBroken;
    const waking = { peerMayTear, peerWakeup: PAGE_WAKEUP[peer], onPeerAsleep: () => this.#waiting.ringPeer() };
    this.#front = new FrontRing(page, { ...ownRing, ...waking });
    this.#back = new BackRing(page, { ...peerRing, ...waking });
    this.#page = page;
    this.#peerRingsDoorbell = options.peerRingsDoorbell ?? false;
    this.#peer = peer;
    this.#loop = options.loop ?? new DomainLoop();
    const side: WaitingSide = {
      page,
      ownWord: PAGE_WAKEUP[party],
      peerWord: PAGE_WAKEUP[peer],
      peerRunsBeside,
      awaitsAnswer: () => this.#front.unanswered > 0 || this.#outgoing.size > 0,
      turn: (polls) => this.#turn(polls),
      ringPeer,
    };
    this.#waiting = new Waiter(side, this.#loop, options.idle);
    this.#dispatcher = new Dispatcher({
      ring: this.#back,
      codec,
      // Of the two, only a guest has a deferred ring; a controller answers in any order (PROTOCOL.md 1.6, 3.10).
      keepsDeferredOrder: party === 'guest',
      onHandlerError: options.onHandlerError,
      onAnswer: () => this.#waiting.kick(),
    });
  }

  /** Begins to take and to send. Requests made before wait for it. */
  start(): void {
    this.#waiting.kick();
  }

  /** To be called when the peer has notified this side. */
  doorbell(): void {
    this.#waiting.doorbell();
  }

  /** Resolves with the decoded response. See {@link RequestOptions} for how a request ends without one. */
  request(message: AnyMessage, options?: RequestOptions): Promise<AnyMessage> {
    try {
      const polls = options === undefined && this.#isQuiet() ? this.#waiting.looksAtOnce : 0;
      if (polls > 0) {
        const response = this.#requestAtOnce(message, polls);
        return response ? Promise.resolve(decodeResponse(this.#codec, response)) : this.#awaitPlaced(message);
      }
      return this.#requestInTurn(message, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * As {@link request}, blocking this thread: nothing else of this process runs meanwhile, and the peer's own requests
   * wait. Spins a little, then sleeps on the doorbell. Two sides that do this to each other at once wait for nothing.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_TIMEOUT` after `timeout` milliseconds (default 5,000), and as `request` rejects
   */
  requestSync(message: AnyMessage, { timeout = SYNC_TIMEOUT }: { timeout?: number } = {}): AnyMessage {
    let outcome: { response: AnyMessage } | { error: unknown } | undefined;
    const call = this.#callFor(
      message,
      (response) => {
        outcome = { response };
      },
      (error) => {
        outcome = { error };
      },
    );
    this.#enqueue({ message, call });
    const answered = block(
      {
        waiter: this.#waiting,
        loop: this.#loop,
        look: (polls) => {
          this.#lookForResponses(polls);
          return outcome !== undefined;
        },
        peerRingsDoorbell: this.#peerRingsDoorbell,
        ensurePeer: () => {
          if (!isAlive(readParty(this.#page, this.#peer))) throw this.#peerDied();
        },
      },
      timeout,
    );
    if (!answered) {
      this.#outgoing.remove(call);
      call.giveUp(timedOut(timeout));
    }
    if ('error' in outcome!) throw outcome.error;
    return outcome!.response;
  }

  /** Resolves when the message is in the ring; its response is awaited by nobody (id 0xFF). */
  send(message: AnyMessage): Promise<void> {
    return new Promise((resolve, reject) => this.#enqueue({ message, sent: resolve, fail: reject }));
  }

  /** As {@link send}, at once or not at all: false when the ring is full or others wait before it. */
  trySend(message: AnyMessage): boolean {
    if (this.#failure) throw this.#failure;
    if (this.#outgoing.size > 0 || !this.#place({ message })) return false;
    this.#waiting.kick();
    return true;
  }

  receiveType(type: number, handler: AnyHandler): () => void {
    return this.#dispatcher.receivers.addForType(type, handler);
  }

  receiveMessage(name: string, handler: AnyHandler): () => void {
    const { type, subtype } = this.#codec.definition(name);
    return this.#dispatcher.receivers.addForMessage(name, type, subtype, handler);
  }

  /** Hands the message to `handler` as long as it has no other receiver. */
  receiveByDefault(name: string, handler: AnyHandler): void {
    const { type, subtype } = this.#codec.definition(name);
    this.#dispatcher.receivers.setDefault(type, subtype, handler);
  }

  /** Whoever is to hear of each message that passes; undefined: nobody, which costs a branch a message. */
  set observer(observer: LinkObserver | undefined) {
    this.#observer = observer;
    this.#dispatcher.observer = observer;
  }

  /** Why the link has ended, once it has. */
  get failure(): CtrlIfError | undefined {
    return this.#failure;
  }

  get stats(): LinkStats {
    return {
      requestsSent: this.#requestsSent,
      responsesReceived: this.#responsesReceived,
      lateResponses: this.#lateResponses,
      inFlight: this.#calls.size + this.#noAnswerAwaited,
      waiting: this.#outgoing.size,
      ...this.#dispatcher.counts,
      ...this.#waiting.counts,
      idle: this.#waiting.idle,
      idleBudget: this.#waiting.budgetMicroseconds,
      asleep: this.#waiting.asleep,
    };
  }

  /** Sends what is staged and takes what has come, once: the last thing to do before an orderly end. */
  flush(): void {
    if (!this.#failure) this.#turn(1);
  }

  /**
   * Ends the link: what the peer had already sent is still delivered, then every pending request rejects with `error`.
   * Idempotent; the page may be unmapped afterwards.
   */
  end(error: CtrlIfError): void {
    if (this.#failure) return;
    this.#turn(1);
    this.#fail(error);
  }

  #fail(error: CtrlIfError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#waiting.stop();
    this.#dispatcher.stop();
    for (const call of this.#calls.drain()) call.fail(error);
    for (const waiting of this.#outgoing.drain()) (waiting.call ?? waiting).fail?.(error);
  }

  #turn(polls: number): boolean {
    try {
      let work = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const sent = this.#front.pending + this.#back.pending;
        const answers = this.#takeResponses(polls);
        const requests = this.#dispatcher.take(answers > 0 ? 1 : polls);
        // A slot that a response freed goes to who has waited longest, whenever there is one: no edge to miss (H8).
        const placed = this.#outgoing.placeWaiting((waiting) => this.#place(waiting));
        work += sent + answers + requests + placed;
        // Who was answered, and handlers that await, go on only when this code has ended.
        if (requests === 0 || answers > 0 || this.#dispatcher.awaitsHandler) break;
      }
      return work + this.#front.flush() + this.#back.flush() > 0;
    } catch (error) {
      this.#break(error as CtrlIfError);
      return false;
    }
  }

  /** The part of a turn that takes no requests. */
  #lookForResponses(polls: number): void {
    try {
      this.#takeResponses(polls);
      this.#outgoing.placeWaiting((waiting) => this.#place(waiting));
      if (this.#front.pending > 0) this.#front.flush();
    } catch (error) {
      this.#break(error as CtrlIfError);
    }
  }

  #peerDied(): CtrlIfError {
    return new CtrlIfError('ERR_CTRL_IF_PEER_DIED', `the ${this.#peer} died; it will answer nothing any more`);
  }

  #break(error: CtrlIfError): void {
    if (this.#failure) return;
    this.#fail(error);
    this.#onBroken(error);
  }

  #takeResponses(polls: number): number {
    const front = this.#front;
    if (front.unanswered + front.pending === 0) return 0;
    let count = 0;
    for (let response = front.flushAndPop(polls); response; response = front.popCollected()) {
      count++;
      this.#takeResponse(response);
    }
    return count;
  }

  /** Nothing of this side's is under way, so that whatever comes back is what is asked next. */
  #isQuiet(): boolean {
    return (
      this.#failure === undefined &&
      this.#front.unanswered === 0 &&
      this.#front.pending === 0 &&
      this.#outgoing.size === 0
    );
  }

  /**
   * Asks and looks for the response in the same breath: no call to remember, no turn to wait for. Undefined when it is
   * not there after `polls` looks; the request is on its way then, with id 0.
   */
  #requestAtOnce(message: AnyMessage, polls: number): Uint8Array | undefined {
    const front = this.#front;
    const slot = front.stage()!;
    try {
      this.#codec.encode(message, FIRST_ID, slot);
    } catch (error) {
      front.unstage();
      throw error;
    }
    this.#requestsSent++;
    this.#observer?.({ flow: 'request', direction: 'sent', bytes: slot });
    const type = slot[TYPE_OFFSET]!;
    const subtype = slot[SUBTYPE_OFFSET]!;
    try {
      const response = front.flushAndPop(polls);
      if (!response) return undefined;
      if (response[ID_OFFSET] !== FIRST_ID || response[TYPE_OFFSET] !== type || response[SUBTYPE_OFFSET] !== subtype) {
        throw this.#broken('a response to no request of ours', response);
      }
      this.#responsesReceived++;
      this.#observer?.({ flow: 'response', direction: 'received', bytes: response });
      return response;
    } catch (error) {
      this.#break(error as CtrlIfError);
      throw error;
    }
  }

  /** The rest of a request that {@link #requestAtOnce} sent and did not see answered. */
  #awaitPlaced(message: AnyMessage): Promise<AnyMessage> {
    this.#waiting.lookedInVain();
    return new Promise((resolve, reject) => {
      this.#calls.add(this.#callFor(message, resolve, reject));
      this.#waiting.kick();
    });
  }

  #requestInTurn(message: AnyMessage, options: RequestOptions | undefined): Promise<AnyMessage> {
    return new Promise((resolve, reject) => {
      const call = this.#callFor(message, resolve, reject);
      if (options?.signal || options?.timeout !== undefined) call.limit(options, () => this.#outgoing.remove(call));
      try {
        this.#enqueue({ message, call });
      } catch (error) {
        call.fail(error);
      }
    });
  }

  #callFor(message: AnyMessage, resolve: (message: AnyMessage) => void, reject: (error: unknown) => void): Call {
    const { type, subtype } = identify(this.#codec, message);
    return new Call(type, subtype, (response) => this.#settle(response, resolve, reject), reject);
  }

  #takeResponse(response: Uint8Array): void {
    const id = response[ID_OFFSET]!;
    this.#observer?.({ flow: 'response', direction: 'received', bytes: response });
    if (id === ID_NO_ANSWER) {
      if (this.#noAnswerAwaited === 0) throw this.#broken('a response with id 0xFF to no message', response);
      this.#noAnswerAwaited--;
      return;
    }
    const call = this.#calls.take(id);
    if (!call) throw this.#broken(`a response with id ${id}, which no request in flight has`, response);
    if (response[TYPE_OFFSET] !== call.type || response[SUBTYPE_OFFSET] !== call.subtype) {
      const error = this.#broken(
        `a response of type ${response[TYPE_OFFSET]}/${response[SUBTYPE_OFFSET]} to a request of ${call.type}/${call.subtype}`,
        response,
      );
      // Out of the table by now, so that the link's end does not reach it.
      if (!call.abandoned) call.fail(error);
      throw error;
    }
    this.#responsesReceived++;
    if (call.abandoned) this.#lateResponses++;
    else call.settle(response);
  }

  #broken(what: string, response: Uint8Array): CtrlIfError {
    return new CtrlIfError('ERR_CTRL_IF_PEER_PROTOCOL', `the peer sent ${what}; the link is closed`, {
      received: Buffer.from(response.subarray(0, HEADER_BYTES)).toString('hex'),
    });
  }

  #enqueue(outgoing: OutgoingMessage): void {
    if (this.#failure) throw this.#failure;
    if (this.#outgoing.size > 0 || !this.#place(outgoing)) {
      // Encoded now: the caller may change its message while it waits, and hears of a bad value at once.
      outgoing.encoded = this.#codec.encode(outgoing.message, ID_NO_ANSWER, new Uint8Array(MESSAGE_BYTES));
      this.#outgoing.add(outgoing);
    }
    this.#waiting.kick();
  }

  /** Writes the message to the ring's stage; false when there is no slot or no id for it. */
  #place(outgoing: OutgoingMessage): boolean {
    const { call, encoded, message } = outgoing;
    if (this.#front.room === 0) return false;
    const id = call ? this.#calls.add(call) : ID_NO_ANSWER;
    if (id < 0) return false;
    const slot = this.#front.stage()!;
    try {
      if (encoded) {
        slot.set(encoded);
        slot[ID_OFFSET] = id;
      } else {
        this.#codec.encode(message, id, slot);
      }
    } catch (error) {
      this.#front.unstage();
      if (call) this.#calls.take(id);
      throw error;
    }
    if (!call) this.#noAnswerAwaited++;
    this.#requestsSent++;
    this.#observer?.({ flow: 'request', direction: 'sent', bytes: slot });
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
