import { EventEmitter } from 'node:events';
import { callListener } from '../call-listener.ts';
import type { CtrlIfError } from '../errors.ts';
import type { RequestOptions } from '../link/call.ts';
import { untyped } from '../link/codec.ts';
import type { LinkStats } from '../link/link.ts';
import type { LinkObserver } from '../link/observer.ts';
import type { Received } from '../link/received.ts';
import type { AnyHandler } from '../link/receivers.ts';
import type { Role } from '../page/control-page.ts';
import type { EngineName } from '../page/page.ts';
import type { Codec, Message, MessageInput, MessageInputOf, MessageName, MessageOf } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { ConsoleStream } from './console-stream.ts';
import type { ControlSocket } from './control-socket.ts';
import { HandlerWarnings } from './handler-warnings.ts';
import { Session, type SessionOptions } from './session.ts';

/** What a handler may answer: nothing (the request comes back as it is), or the response's fields. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is the common one
export type Answer<M> = Partial<Omit<M, 'name'>> | undefined | void;

export type Handler<M> = (message: M, request: Received) => Answer<M> | Promise<Answer<M>>;

/**
 * The message of that name; of a type, any message. TypeScript takes all names for one that there is not, whose handler is then to
 * have no mistakes of its own.
 */
export type MessageFor<Which extends MessageName<User> | number, User extends MessageDefinition = never> = [
  MessageName<User>,
] extends [Which]
  ? // biome-ignore lint/suspicious/noExplicitAny: see above
    any
  : Which extends MessageName<User>
    ? MessageOf<Which, User>
    : Message<User>;

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
export interface EndpointParts<User extends MessageDefinition>
  extends Pick<SessionOptions, 'connection' | 'page' | 'peerThread' | 'domid' | 'loop' | 'idle' | 'notifier'> {
  codec: Codec<User>;
}

/** What both ends of a link can do. `User` is the union of the messages that the user defined, `P` whose end it is. */
export abstract class Endpoint<
  User extends MessageDefinition = never,
  P extends Role = Role,
> extends EventEmitter<EndpointEvents> {
  /** The guest's number, given out by the controller from 1. */
  readonly domid: number;
  /** The engine on this side of the page. */
  readonly engine: EngineName;
  readonly #session: Session<P>;
  #console: ConsoleStream | undefined;
  #warnings: HandlerWarnings | undefined;

  /** @internal Endpoints are made by `Guest.connect` and by the controller. */
  constructor({ domid, codec, ...parts }: EndpointParts<User> & { role: P }) {
    super();
    this.domid = domid;
    this.engine = parts.page.engine;
    this.#session = new Session({
      ...parts,
      codec: untyped(codec),
      domid,
      onHandlerError: (error) => this.#handlerFailed(error),
      onEnd: (error) => {
        this.#console?.hangUp();
        this.ended(error);
        callListener(() => this.emit('close', error));
      },
    });
    parts.connection.events = this.#session;
  }

  #handlerFailed(error: CtrlIfError): void {
    if (this.listenerCount('error') > 0) {
      callListener(() => this.emit('error', error));
    } else {
      this.#warnings ??= new HandlerWarnings();
      this.#warnings.warn(error);
    }
  }

  /** @internal What is asked beside the rings. */
  get controlSocket(): ControlSocket<P> {
    return this.#session.controlSocket;
  }

  /** @internal Whoever is to hear of each message that passes. */
  set observer(observer: LinkObserver | undefined) {
    this.#session.link.observer = observer;
  }

  /** The conversation is over, and nobody has been told yet. */
  protected ended(_error: CtrlIfError | undefined): void {}

  /** @internal The peer has notified this side. */
  notified(): void {
    this.#session.link.doorbell();
  }

  /** @internal Begins to take messages. */
  start(): void {
    this.#session.link.start();
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
    return this.#session.link.request(message, options) as Promise<MessageOf<Name, User>>;
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
    return this.#session.link.requestSync(message, options) as MessageOf<Name, User>;
  }

  /** Sends a message whose answer nobody awaits (id 0xFF); resolves when it is in the ring. */
  send(message: MessageInput<User>): Promise<void> {
    return this.#session.link.send(message);
  }

  /** As {@link send}, at once or not at all: false when the ring is full or others wait before this one. */
  trySend(message: MessageInput<User>): boolean {
    return this.#session.link.trySend(message);
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
      ? this.#session.link.receiveType(which, untyped)
      : this.#session.link.receiveMessage(which, untyped);
  }

  /** Answers what the user has no receiver for. */
  protected receiveByDefault<Name extends MessageName>(name: Name, handler: Handler<MessageOf<Name>>): void {
    this.#session.link.receiveByDefault(name, handler as unknown as AnyHandler);
  }

  /**
   * The console, both ways: bytes written arrive in the peer's console, cut into messages of at most 60. From its first
   * use on it is the receiver of CONSOLE_DATA; before, what the peer writes is acknowledged and dropped, as by a
   * guest without a tty (PROTOCOL.md 2.12).
   */
  get console(): ConsoleStream {
    this.#console ??= new ConsoleStream(this.#session.link);
    return this.#console;
  }

  get stats(): LinkStats {
    return this.#session.link.stats;
  }

  /** Has the process stay alive as long as the conversation lasts, as it does unless {@link unref} is called. */
  ref(): this {
    this.#session.keepAlive(true);
    return this;
  }

  /**
   * Lets the process end although the conversation lasts, as with a socket; the peer is told of a death then, unless
   * {@link close} was called. Whatever arrives while something else keeps the process alive is handled as ever.
   */
  unref(): this {
    this.#session.keepAlive(false);
    return this;
  }

  /** Ends the conversation in order: what has been sent arrives, pending requests reject with `ERR_CTRL_IF_CLOSED`. Idempotent. */
  close(): Promise<void> {
    return this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
