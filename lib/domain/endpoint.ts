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

export interface EndpointEvents {
  /**
   * A receiver failed; its request has been answered. Without a listener the process warns instead: once for each message,
   * with the stack (`CTRL_IF_HANDLER`).
   */
  error: [CtrlIfError];
  /** The conversation is over: no error when either side closed it, else why. */
  close: [CtrlIfError | undefined];
}

/** What an end is made of. */
export interface EndpointParts<User extends MessageDefinition> {
  connection: Connection;
  page: Page;
  /** The peer's thread in its process, where it has said it. */
  peerThread: number | undefined;
  codec: Codec<User>;
  /** The guest's. */
  domid: number;
  /** Of the domain whose end this is. */
  loop: DomainLoop;
  idle: IdleStrategy | undefined;
  /** The peer's control port; undefined where its page cannot be reached, and it is rung over the socket. */
  peerPort: PeerPort | undefined;
  /** Where the peer notifies this side through its page; undefined where it can ring over the socket only. */
  ownPort: { readonly events: OwnEvents; readonly port: number } | undefined;
}

/**
 * One end of a link, with its page and its socket, from the welcome until either side closes, breaks the rules or dies: what both
 * ends can do. `User` is the union of the messages that the user defined, `P` whose end it is.
 */
export abstract class Endpoint<
  User extends MessageDefinition = never,
  P extends Role = Role,
> extends EventEmitter<EndpointEvents> {
  /** The guest's number, given out by the controller from 1. */
  readonly domid: number;
  /** The engine on this side of the page. */
  readonly engine: EngineName;
  /** @internal What is asked beside the rings. */
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
      // A side that reaches the other's page is taken to be reached as well; without, a blocking wait sleeps for short times only.
      peerRingsDoorbell: peerPort !== undefined,
      onBroken: (error) => this.#break(error),
    });
    ownPort?.events.listen(ownPort.port, this.#link.notified);
    // The peer may part in the chunk in which it was met, when nobody can have a listener on this end yet.
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

  /** @internal Whoever is to hear of each message that passes. */
  set observer(observer: LinkObserver | undefined) {
    this.#link.observer = observer;
  }

  /** The conversation is over, and nobody has been told yet. */
  protected ended(_error: CtrlIfError | undefined): void {}

  /** @internal Begins with what the peer has sent, and may end with it: to be called in a turn after this end was handed out. */
  start(): void {
    this.#link.start();
    this.#connection.resume();
  }

  /**
   * Sends a request and resolves with its response. At most 8 are under way at once; more wait in order.
   * OUT fields, which the responder fills, may be left out.
   *
   * @throws RequestError when the receiver refused it, with the receiver's code
   * @throws CtrlIfError `ERR_CTRL_IF_NOT_UNDERSTOOD` (no receiver there), `_HANDLER` (the receiver failed), `_PEER_DIED`, `_PEER_CLOSED`, `_CLOSED`,
   *   `_ABORTED`, `_TIMEOUT`, or the encoder's error for a value that does not fit
   */
  request<Name extends MessageName<User>>(
    message: MessageInputOf<Name, User> & { name: Name },
    options?: RequestOptions,
  ): Promise<MessageOf<Name, User>> {
    return this.#link.request(message, options) as Promise<MessageOf<Name, User>>;
  }

  /**
   * As {@link request}, blocking this thread until the response is there: for programs and workers that have nothing
   * else to do. The peer's own requests wait meanwhile, so two sides must not do this to each other.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_TIMEOUT` after `timeout` milliseconds, 5,000 unless given, and as `request` rejects
   */
  requestSync<Name extends MessageName<User>>(
    message: MessageInputOf<Name, User> & { name: Name },
    options?: { timeout?: number },
  ): MessageOf<Name, User> {
    return this.#link.requestSync(message, options) as MessageOf<Name, User>;
  }

  /** Sends a message whose answer nobody awaits (id 0xFF); resolves when it is in the ring. */
  send(message: MessageInput<User>): Promise<void> {
    return this.#link.send(message);
  }

  /** As {@link send}, at once or not at all: false when the ring is full or others wait before this one. */
  trySend(message: MessageInput<User>): boolean {
    return this.#link.trySend(message);
  }

  /**
   * Hands every message of that name, or of that type, to `handler`; what it returns is the response. One receiver a
   * message: a second throws `ERR_CTRL_IF_RECEIVER_EXISTS`. Returns the function that takes this one back.
   *
   * On a guest the handlers of device messages (deferred ones) run one after the other; all others run as they come.
   */
  // One signature, not an overload for each: of a mistake TypeScript would tell what is wrong with both.
  receive<Which extends MessageName<User> | number>(
    which: Which,
    handler: Handler<MessageFor<Which, User>>,
  ): () => void {
    const untyped = handler as unknown as AnyHandler;
    return typeof which === 'number'
      ? this.#link.receiveType(which, untyped)
      : this.#link.receiveMessage(which, untyped);
  }

  /** Answers what the user has no receiver for. */
  protected receiveByDefault<Name extends MessageName>(name: Name, handler: Handler<MessageOf<Name>>): void {
    this.#link.receiveByDefault(name, handler as unknown as AnyHandler);
  }

  /**
   * The console, both ways: bytes written arrive in the peer's console, cut into messages of at most 60. From its first
   * use on it is the receiver of CONSOLE_DATA; before, what the peer writes is acknowledged and dropped, as by a
   * guest without a tty (PROTOCOL.md 2.12).
   */
  get console(): ConsoleStream {
    this.#console ??= new ConsoleStream(this.#link);
    return this.#console;
  }

  get stats(): LinkStats {
    return this.#link.stats;
  }

  /** Has the process stay alive as long as the conversation lasts, as it does unless {@link unref} is called. */
  ref(): this {
    this.#keepAlive(true);
    return this;
  }

  /**
   * Lets the process end although the conversation lasts, as with a socket; the peer is told of a death then, unless
   * {@link close} was called. Whatever arrives while something else keeps the process alive is handled as ever.
   */
  unref(): this {
    this.#keepAlive(false);
    return this;
  }

  /** Ends the conversation in order: what has been sent arrives, pending requests reject with `ERR_CTRL_IF_CLOSED`. Idempotent. */
  async close(): Promise<void> {
    if (!this.#ended) {
      // The caller waits for it, so the process stays alive.
      this.#keepAlive(true);
      this.#link.flush();
      // Before the listeners of 'close', of which one may end the process.
      this.#connection.end(BYE);
      this.#end(closedHere(this.#peer), undefined);
    }
    await this.#socketClosed;
  }

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
    // The rest of a chunk: its answer could not be sent, and the page is unmapped.
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
   * @param forPending rejects what waits for an answer
   * @param reason for the `close` event
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
