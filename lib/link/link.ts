import { CtrlIfError } from '../errors.ts';
import { isAtomic, readIdentity, type Role } from '../page/control-page.ts';
import type { Page } from '../page/page.ts';
import { isAlive } from '../page/process-identity.ts';
import { BackRing } from '../ring/back-ring.ts';
import { FrontRing } from '../ring/front-ring.ts';
import { checkKeys } from '../unknown-key.ts';
import { CONTROL_RX, CONTROL_TX } from '../wire/control-rings.ts';
import { PAGE_WAKEUP } from '../wire/page.ts';
import { type Call, checkRequestOptions, type RequestOptions, timedOut } from './call.ts';
import type { AnyCodec, AnyMessage } from './codec.ts';
import { Dispatcher } from './dispatcher.ts';
import type { LinkObserver } from './observer.ts';
import type { AnyHandler } from './receivers.ts';
import { Requester } from './requester.ts';
import type { LinkStats } from './stats.ts';
import { block } from './wait/blocking-wait.ts';
import { DomainLoop } from './wait/domain-loop.ts';
import type { IdleStrategy } from './wait/idle-strategy.ts';
import { type Notifier, type PolledLink, Poller } from './wait/poller.ts';
import { withResolvers } from './with-resolvers.ts';

export interface LinkOptions {
  page: Page;
  /** The role of this process. It decides of which ring this side is the front. */
  role: Role;
  codec: AnyCodec;
  /** The peer's thread. A blocking wait checks that it is alive; default: it checks the peer's process. */
  peerThread?: number | undefined;
  /** Whether the peer can run while this side polls; see `wait/processors.ts`. */
  peerRunsBeside: boolean;
  /** What this side does without messages; default `adaptive`. */
  idle?: IdleStrategy | undefined;
  /** The loop of this side's domain; default: a loop of its own. */
  loop?: DomainLoop | undefined;
  notifier: Notifier;
  /** Whether the peer notifies this side through the domain's ports, which ends a blocking wait; default: no. */
  peerRingsDoorbell?: boolean | undefined;
  /** A handler threw, or returned a value that cannot be encoded. Its request has been answered. */
  onHandlerError(error: CtrlIfError): void;
  /** The peer has broken the protocol, and the link has ended. */
  onBroken(error: CtrlIfError): void;
}

/** Batches of requests handled in one turn before the event loop gets its own. */
const ROUNDS = 64;
/** Milliseconds. */
const SYNC_TIMEOUT = 5000;
const SYNC_OPTIONS = ['timeout'];

/** The requests and responses of two domains over one control page. Each request is answered once. */
export class Link implements PolledLink {
  /** To be called when the peer has notified this side. */
  readonly notified: () => void;
  readonly #codec: AnyCodec;
  readonly #front: FrontRing;
  readonly #back: BackRing;
  readonly #requester: Requester;
  readonly #dispatcher: Dispatcher;
  readonly #poller: Poller;
  readonly #loop: DomainLoop;
  readonly #page: Page;
  readonly #peerRingsDoorbell: boolean;
  readonly #peer: Role;
  readonly #peerThread: number | undefined;
  readonly #onBroken: LinkOptions['onBroken'];
  #failure: CtrlIfError | undefined;

  constructor(options: LinkOptions) {
    const { page, role, codec, peerRunsBeside, notifier, idle } = options;
    const peer: Role = role === 'guest' ? 'controller' : 'guest';
    const [ownRing, peerRing] = role === 'guest' ? [CONTROL_TX, CONTROL_RX] : [CONTROL_RX, CONTROL_TX];
    const peerMayTear = !page.atomic || !isAtomic(page, peer);
    this.#codec = codec;
    this.#onBroken = options.onBroken;
    this.#loop = options.loop ?? new DomainLoop();
    const words = { ownWord: PAGE_WAKEUP[role], peerWord: PAGE_WAKEUP[peer] };
    this.#poller = new Poller(this, { page, ...words, peerRunsBeside, notifier, loop: this.#loop, idle });
    this.notified = this.#poller.notified;
    const waking = { peerMayTear, peerWakeup: PAGE_WAKEUP[peer], onPeerAsleep: this.#poller.notifyPeer };
    this.#front = new FrontRing(page, { ...ownRing, ...waking });
    this.#back = new BackRing(page, { ...peerRing, ...waking });
    this.#page = page;
    this.#peerRingsDoorbell = options.peerRingsDoorbell ?? false;
    this.#peer = peer;
    this.#peerThread = options.peerThread;
    this.ref();
    this.#requester = new Requester({ ring: this.#front, codec, onBroken: (error) => this.#break(error) });
    this.#dispatcher = new Dispatcher({
      ring: this.#back,
      codec,
      // Only a guest has a deferred queue; a controller answers in any order (PROTOCOL.md 1.6, 3.10).
      keepsDeferredOrder: role === 'guest',
      onHandlerError: options.onHandlerError,
      onAnswer: () => this.#poller.schedule(),
    });
  }

  /** Whether a request of this side is not answered yet. */
  get awaitsAnswer(): boolean {
    return this.#requester.awaitsAnswer;
  }

  /** Keeps the process alive while this link is awake. This is the default. */
  ref(): void {
    if (!this.#failure) this.#loop.hold(this);
  }

  /** Lets the process end although this link is awake. */
  unref(): void {
    this.#loop.release(this);
  }

  /** Starts to take and to send messages. */
  start(): void {
    this.#poller.schedule();
  }

  /** Resolves with the decoded response. {@link RequestOptions} limit the wait. */
  request(message: AnyMessage, options?: RequestOptions): Promise<AnyMessage> {
    try {
      const isAlone = options === undefined && this.#failure === undefined && this.#requester.isQuiet;
      const polls = isAlone ? this.#poller.pollsAtOnce : 0;
      if (polls > 0) {
        const response = this.#requester.askAtOnce(message, polls);
        return response ? Promise.resolve(response) : this.#awaitPlaced(message);
      }
      if (options !== undefined) checkRequestOptions(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const { promise, resolve, reject } = withResolvers<AnyMessage>();
    let call: Call | undefined;
    try {
      call = this.#requester.call(message, resolve, reject);
      if (options?.signal || options?.timeout !== undefined) this.#limit(call, options);
      this.#requester.enqueue({ message, call });
      this.#poller.schedule();
    } catch (error) {
      if (call === undefined) reject(error);
      else call.fail(error);
    }
    return promise;
  }

  /**
   * As {@link request}, blocking this thread: it spins for a short time, then sleeps on the doorbell. The peer's own requests wait
   * meanwhile, so two sides that block on each other both time out.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_TIMEOUT` after `timeout` milliseconds (default 5,000), and as `request` rejects
   */
  requestSync(message: AnyMessage, options: { timeout?: number } = {}): AnyMessage {
    checkKeys('the options of requestSync', options, SYNC_OPTIONS);
    const { timeout = SYNC_TIMEOUT } = options;
    let outcome: { response: AnyMessage } | { error: unknown } | undefined;
    const call = this.#requester.call(
      message,
      (response) => {
        outcome = { response };
      },
      (error) => {
        outcome = { error };
      },
    );
    this.#requester.enqueue({ message, call });
    this.#poller.schedule();
    const answered = block(
      {
        poller: this.#poller,
        loop: this.#loop,
        poll: (polls) => {
          this.#pollForResponses(polls);
          return outcome !== undefined;
        },
        peerRingsDoorbell: this.#peerRingsDoorbell,
        ensurePeer: () => {
          if (!isAlive({ ...readIdentity(this.#page, this.#peer), thread: this.#peerThread })) throw this.#peerDied();
        },
      },
      timeout,
    );
    if (!answered) {
      this.#requester.remove(call);
      call.giveUp(timedOut(timeout));
    }
    if ('error' in outcome!) throw outcome.error;
    return outcome!.response;
  }

  /** Resolves when the message is in the ring. Its response (id 0xFF) is dropped. */
  send(message: AnyMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#requester.enqueue({ message, sent: resolve, fail: reject });
      this.#poller.schedule();
    });
  }

  /** As {@link send}, without waiting: false when the ring is full or other messages wait. */
  trySend(message: AnyMessage): boolean {
    if (!this.#requester.tryPlace(message)) return false;
    this.#poller.schedule();
    return true;
  }

  receiveType(type: number, handler: AnyHandler): () => void {
    return this.#dispatcher.receivers.addForType(type, handler);
  }

  receiveMessage(name: string, handler: AnyHandler): () => void {
    const { type, subtype } = this.#codec.definition(name);
    return this.#dispatcher.receivers.addForMessage(name, type, subtype, handler);
  }

  /** Sets the handler of a message that has no other receiver. */
  receiveByDefault(name: string, handler: AnyHandler): void {
    const { type, subtype } = this.#codec.definition(name);
    this.#dispatcher.receivers.setDefault(type, subtype, handler);
  }

  /** Sets the function that is called for each message. Without one, a message costs one more branch. */
  set observer(observer: LinkObserver | undefined) {
    this.#requester.observer = observer;
    this.#dispatcher.observer = observer;
  }

  /** The error that ended the link; undefined while the link lives. */
  get failure(): CtrlIfError | undefined {
    return this.#failure;
  }

  get stats(): LinkStats {
    return {
      ...this.#requester.counts,
      inFlight: this.#requester.inFlight,
      waiting: this.#requester.waiting,
      ...this.#dispatcher.counts,
      ...this.#poller.counts,
      idle: this.#poller.idle,
      idleBudget: this.#poller.budgetMicroseconds,
      asleep: this.#poller.asleep,
    };
  }

  /** Sends and takes messages once, as the last step before an orderly end. */
  flush(): void {
    if (!this.#failure) this.turn(1);
  }

  /**
   * Ends the link: the messages that the peer has sent are delivered, then every pending request rejects with `error`.
   * Idempotent. The page may be unmapped afterwards.
   */
  end(error: CtrlIfError): void {
    if (this.#failure) return;
    this.turn(1);
    this.#fail(error);
  }

  /** For the poller: sends and takes messages, with up to `polls` polls. Returns whether there were any. */
  turn(polls: number): boolean {
    try {
      let work = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const sent = this.#front.pending + this.#back.pending;
        const answers = this.#requester.take(polls);
        const requests = this.#dispatcher.take(answers > 0 ? 1 : polls);
        const placed = this.#requester.placeWaiting();
        work += sent + answers + requests + placed;
        // Code that awaits an answer, and handlers that await, continue only after this code.
        if (requests === 0 || answers > 0 || this.#dispatcher.awaitsHandler) break;
      }
      return work + this.#front.flush() + this.#back.flush() > 0;
    } catch (error) {
      this.#break(error as CtrlIfError);
      return false;
    }
  }

  #fail(error: CtrlIfError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#loop.release(this);
    this.#poller.stop();
    this.#dispatcher.stop();
    this.#requester.fail(error);
  }

  /** A turn that takes responses and no requests. */
  #pollForResponses(polls: number): void {
    try {
      this.#requester.take(polls);
      this.#requester.placeWaiting();
      if (this.#front.pending > 0) this.#front.flush();
    } catch (error) {
      this.#break(error as CtrlIfError);
    }
  }

  #peerDied(): CtrlIfError {
    return new CtrlIfError('ERR_CTRL_IF_PEER_DIED', `the ${this.#peer} died before it answered`);
  }

  #break(error: CtrlIfError): void {
    if (this.#failure) return;
    this.#fail(error);
    this.#onBroken(error);
  }

  /** Awaits the response that {@link Requester.askAtOnce} did not find. */
  #awaitPlaced(message: AnyMessage): Promise<AnyMessage> {
    this.#poller.polledInVain();
    return new Promise((resolve, reject) => {
      this.#requester.awaitPlaced(this.#requester.call(message, resolve, reject));
      this.#poller.schedule();
    });
  }

  /** Ends the call by its signal or time limit, also while its message waits for a slot. */
  #limit(call: Call, options: RequestOptions): void {
    call.limit(options, () => this.#requester.remove(call));
  }
}
