import { EventEmitter } from 'node:events';
import { callListener } from '../call-listener.ts';
import type { CtrlIfError } from '../errors.ts';
import type { OwnEvents } from '../event-channel/own-events.ts';
import type { PeerPort } from '../event-channel/peer-events.ts';
import type { RequestOptions } from '../link/call.ts';
import { untyped } from '../link/codec.ts';
import { Link } from '../link/link.ts';
import type { LinkObserver } from '../link/observer.ts';
import type { AnyHandler } from '../link/receivers.ts';
import type { LinkStats } from '../link/stats.ts';
import type { DomainLoop } from '../link/wait/domain-loop.ts';
import type { IdleStrategy } from '../link/wait/idle-strategy.ts';
import { runsBeside } from '../link/wait/processors.ts';
import { type Role, readIdentity } from '../page/control-page.ts';
import type { EngineName, Page } from '../page/page.ts';
import type { Codec, MessageInput, MessageInputOf, MessageName, MessageOf } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import type { Connection } from './connection.ts';
import { ConsoleStream } from './console-stream.ts';
import { ControlSocket } from './control-socket.ts';
import type { Handler, MessageFor } from './handler.ts';
import { HandlerWarnings } from './handler-warnings.ts';
import { BYE, isBye } from './handshake.ts';
import { closedByPeer, closedHere, type LinkPeer, peerDied, sentGarbage } from './link-errors.ts';

/** The events of an {@link Endpoint} and their arguments. */
export interface EndpointEvents {
  /**
   * A receiver has failed, and its request has been answered. Without a listener the process warns instead, once for each message, with the
   * stack (`CTRL_IF_HANDLER`).
   */
  error: [CtrlIfError];
  /** The link has ended: without an error when either side closed it, otherwise with the error that ended it. */
  close: [CtrlIfError | undefined];
}

/** The parts from which an {@link Endpoint} is made. */
export interface EndpointParts<User extends MessageDefinition> {
  connection: Connection;
  page: Page;
  /** The peer's thread in its process; undefined when the peer has not stated it. */
  peerThread: number | undefined;
  codec: Codec<User>;
  /** The guest's domid. */
  domid: number;
  /** The loop of this side's domain. */
  loop: DomainLoop;
  idle: IdleStrategy | undefined;
  /** The peer's control port; undefined when this side must ring over the socket. */
  peerPort: PeerPort | undefined;
  /** The port by which the peer notifies this side; undefined when the peer must ring over the socket. */
  ownPort: { readonly events: OwnEvents; readonly port: number } | undefined;
}

/**
 * One end of a link: the operations that a guest and a controller share. The link lasts from the welcome until either side closes it,
 * breaks the protocol or dies. `User` is the union of the messages that the user has defined, `P` the role of this end.
 */
export abstract class Endpoint<
  User extends MessageDefinition = never,
  P extends Role = Role,
> extends EventEmitter<EndpointEvents> {
  /** The guest's domid, 1 to 0x7FEF, which the controller has given to it. */
  readonly domid: number;
  /** The engine with which this side accesses the page. */
  readonly engine: EngineName;
  /** @internal The questions and answers over the socket. */
  readonly controlSocket: ControlSocket<P>;
  readonly #link: Link;
  readonly #connection: Connection;
  readonly #page: Page;
  readonly #peerPort: PeerPort | undefined;
  readonly #ownPort: EndpointParts<User>['ownPort'];
  readonly #peer: LinkPeer;
  readonly #socketClosed: Promise<void>;
  #ended = false;
  #console: ConsoleStream | undefined;
  #warnings: HandlerWarnings | undefined;

  /** @internal Endpoints are made by `Guest.connect` and by the controller. */
  constructor({
    connection,
    page,
    role,
    peerThread,
    codec,
    domid,
    loop,
    idle,
    peerPort,
    ownPort,
  }: EndpointParts<User> & { role: P }) {
    super();
    this.domid = domid;
    this.engine = page.engine;
    this.controlSocket = new ControlSocket((line) => connection.post(line));
    this.#connection = connection;
    this.#page = page;
    this.#peerPort = peerPort;
    this.#ownPort = ownPort;
    this.#peer = { name: role === 'guest' ? 'the controller' : `domain ${domid}`, domid };
    const peer = { ...readIdentity(page, role === 'guest' ? 'controller' : 'guest'), thread: peerThread };
    this.#link = new Link({
      page,
      role,
      codec: untyped(codec),
      onHandlerError: (error) => this.#handlerFailed(error),
      peerThread,
      peerRunsBeside: runsBeside(peer),
      loop,
      idle,
      notifier: peerPort ?? connection,
      // When this side can reach the peer's page, the peer is assumed to reach this side's. Otherwise a blocking wait sleeps only briefly.
      peerRingsDoorbell: peerPort !== undefined,
      onBroken: (error) => this.#break(error),
    });
    ownPort?.events.listen(ownPort.port, this.#link.notified);
    // The chunk with the peer's last line of the handshake may also have its bye, before a listener can be registered here.
    connection.pause();
    this.#socketClosed = new Promise((resolve) => {
      connection.events = {
        onDoorbell: this.#link.notified,
        onLine: (line) => this.#takeLine(line),
        onGarbage: (received) => this.#break(sentGarbage(this.#peer, received)),
        onClose: () => {
          resolve();
          const died = peerDied(this.#peer);
          this.#end(died, died);
        },
      };
    });
  }

  #handlerFailed(error: CtrlIfError): void {
    if (this.listenerCount('error') > 0) {
      callListener(() => this.emit('error', error));
    } else {
      this.#warnings ??= new HandlerWarnings();
      this.#warnings.warn(error);
    }
  }

  /** @internal Sets the function that is called for each message. */
  set observer(observer: LinkObserver | undefined) {
    this.#link.observer = observer;
  }

  /** @internal Called when the link has ended, before the `close` event. */
  protected ended(_error: CtrlIfError | undefined): void {}

  /** @internal Starts to deliver messages. To be called one turn after the user got this object, so that its listeners are registered. */
  start(): void {
    this.#link.start();
    this.#connection.resume();
  }

  /**
   * Sends a request and resolves with its response. At most 8 requests are in flight; more wait in order. OUT fields, which the responder
   * fills, may be left out.
   *
   * @throws RequestError when the receiver refuses the request, with the receiver's code
   * @throws CtrlIfError `ERR_CTRL_IF_NOT_UNDERSTOOD` (the peer has no receiver), `_HANDLER` (the receiver failed), `_PEER_DIED`,
   *   `_PEER_PROTOCOL`, `_PEER_CLOSED`, `_CLOSED`, `_ABORTED`, `_TIMEOUT`, `_VALUE` or `_LENGTH` (a field or option that does not fit), or
   *   `_UNKNOWN_MESSAGE`
   */
  request<Name extends MessageName<User>>(
    message: MessageInputOf<Name, User> & { name: Name },
    options?: RequestOptions,
  ): Promise<MessageOf<Name, User>> {
    return this.#link.request(message, options) as Promise<MessageOf<Name, User>>;
  }

  /**
   * As {@link request}, blocking this thread until the response has come: for programs and workers without other work. The peer's own
   * requests wait meanwhile, so two sides must not block on each other.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_TIMEOUT` after `timeout` milliseconds (default 5,000), and as `request` rejects
   */
  requestSync<Name extends MessageName<User>>(
    message: MessageInputOf<Name, User> & { name: Name },
    options?: { timeout?: number },
  ): MessageOf<Name, User> {
    return this.#link.requestSync(message, options) as MessageOf<Name, User>;
  }

  /**
   * Sends a message without a response (id 0xFF). Resolves when the message is in the ring.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_VALUE`, `_LENGTH` or `_UNKNOWN_MESSAGE`, or the error that ended the link
   */
  send(message: MessageInput<User>): Promise<void> {
    return this.#link.send(message);
  }

  /**
   * As {@link send}, without waiting: returns false when the ring is full or other messages wait.
   *
   * @throws CtrlIfError as {@link send} rejects
   */
  trySend(message: MessageInput<User>): boolean {
    return this.#link.trySend(message);
  }

  /**
   * Registers `handler` for every message of a name, or of a type (0 to 255). The return value of the handler is the response. Returns the
   * function that removes the handler. On a guest the handlers of device messages (the deferred ones) run one after the other; all others
   * run at once.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when the message has a receiver, `_VALUE` when the type is none,
   *   `_UNKNOWN_MESSAGE` when the name is none
   */
  // One signature and no overloads, because TypeScript would report a mistake for each overload.
  receive<Which extends MessageName<User> | number>(
    which: Which,
    handler: Handler<MessageFor<Which, User>>,
  ): () => void {
    const untyped = handler as unknown as AnyHandler;
    return typeof which === 'number'
      ? this.#link.receiveType(which, untyped)
      : this.#link.receiveMessage(which, untyped);
  }

  /** @internal Sets the handler of a message for which the user has no receiver. */
  protected receiveByDefault<Name extends MessageName>(name: Name, handler: Handler<MessageOf<Name>>): void {
    this.#link.receiveByDefault(name, handler as unknown as AnyHandler);
  }

  /**
   * The console as a stream for reading and writing. Written bytes go to the peer's console in messages of at most 60 bytes. The first use
   * makes the stream the receiver of CONSOLE_DATA. Before that, console data of the peer is acknowledged and dropped, as by a guest without
   * a tty (PROTOCOL.md 2.12).
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` at the first use when CONSOLE_DATA has a receiver
   */
  get console(): ConsoleStream {
    this.#console ??= new ConsoleStream(this.#link);
    return this.#console;
  }

  /** The counters of this side of the link, and its state now. */
  get stats(): LinkStats {
    return this.#link.stats;
  }

  /** Keeps the process alive as long as the link lasts. This is the default. */
  ref(): this {
    this.#keepAlive(true);
    return this;
  }

  /**
   * Lets the process end although the link lasts, as with a socket. The peer then gets `ERR_CTRL_IF_PEER_DIED`, unless {@link close} was
   * called. Messages are still delivered as long as the process lives.
   */
  unref(): this {
    this.#keepAlive(false);
    return this;
  }

  /** Closes the link. Sent messages arrive, and pending requests reject with `ERR_CTRL_IF_CLOSED`. Idempotent. */
  async close(): Promise<void> {
    if (!this.#ended) {
      // The caller waits for it, so the process stays alive.
      this.#keepAlive(true);
      this.#link.flush();
      // A listener of 'close' may end the process, so BYE is written first.
      this.#connection.end(BYE);
      this.#end(closedHere(this.#peer), undefined);
    }
    await this.#socketClosed;
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keepAlive(keep: boolean): void {
    if (this.#ended) return;
    this.#connection.keepAlive(keep);
    if (keep) this.#link.ref();
    else this.#link.unref();
  }

  #takeLine(line: Record<string, unknown>): void {
    // A line in the rest of the chunk cannot be answered, and the page is unmapped.
    if (this.#ended) return;
    if (isBye(line)) {
      this.#end(closedByPeer(this.#peer), undefined);
      this.#connection.end();
      return;
    }
    const wrong = this.controlSocket.take(line);
    if (wrong !== undefined) this.#break(sentGarbage(this.#peer, wrong));
  }

  #break(error: CtrlIfError): void {
    this.#end(error, error);
    this.#connection.destroy();
  }

  /**
   * @param forPending the error with which pending requests reject
   * @param reason the argument of the `close` event
   */
  #end(forPending: CtrlIfError, reason: CtrlIfError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#link.end(forPending);
    this.controlSocket.end(forPending);
    this.#ownPort?.events.unlisten(this.#ownPort.port);
    this.#peerPort?.close();
    this.#page.unmap();
    this.#console?.hangUp();
    this.ended(reason);
    callListener(() => this.emit('close', reason));
  }
}
