import { CtrlIfError } from '../errors.ts';
import type { DomainLoop } from '../event-channel/domain-loop.ts';
import type { IdleStrategy } from '../event-channel/idle.ts';
import { runsBeside } from '../event-channel/processors.ts';
import type { AnyCodec } from '../link/codec.ts';
import { Link } from '../link/link.ts';
import { readIdentity, type Role } from '../page/control-page.ts';
import type { Page } from '../page/page.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import { ControlSocket } from './control-socket.ts';
import { BYE, isBye } from './handshake.ts';

export interface SessionOptions<P extends Role = Role> {
  connection: Connection;
  page: Page;
  role: P;
  /** The peer's thread in its process, where it has said it. */
  peerThread: number | undefined;
  codec: AnyCodec;
  /** For error details. */
  domid: number;
  /** Of the domain whose link this is. */
  loop: DomainLoop;
  idle: IdleStrategy | undefined;
  /** The peer's ports, where it can be notified through its page; else it is rung over the socket. */
  notifier: Notifier | undefined;
  onHandlerError(error: CtrlIfError): void;
  /** Called once, when it is over: no error when either side closed it. */
  onEnd(error: CtrlIfError | undefined): void;
}

/** How the peer's control port is notified; `notify` tells whether that took a doorbell. */
export interface Notifier {
  notify(): boolean;
  close(): void;
}

/** A link with its page and its socket, from the welcome until either side closes, breaks the rules or dies. */
export class Session<P extends Role> implements ConnectionEvents {
  readonly link: Link;
  /** What is asked beside the rings. */
  readonly controlSocket: ControlSocket<P>;
  readonly #options: SessionOptions<P>;
  readonly #gone: Promise<void>;
  #socketGone: () => void = () => {};
  #ended = false;

  constructor(options: SessionOptions<P>) {
    const { connection, page, role, peerThread, codec, onHandlerError, loop, idle, notifier } = options;
    const peer = { ...readIdentity(page, role === 'guest' ? 'controller' : 'guest'), thread: peerThread };
    this.controlSocket = new ControlSocket((line) => connection.post(line));
    this.#options = options;
    this.#gone = new Promise((resolve) => {
      this.#socketGone = resolve;
    });
    this.link = new Link({
      page,
      role,
      codec,
      onHandlerError,
      peerThread,
      peerRunsBeside: runsBeside(peer),
      loop,
      idle,
      ringPeer: notifier ? () => notifier.notify() : () => connection.ring(),
      // Who can reach the other's page is taken to be reached as well; a blocking wait looks often where nobody is.
      peerRingsDoorbell: notifier !== undefined,
      onBroken: (error) => this.#break(error),
    });
  }

  onDoorbell(): void {
    this.link.doorbell();
  }

  onLine(line: Record<string, unknown>): void {
    if (!isBye(line)) {
      const wrong = this.controlSocket.take(line);
      if (wrong !== undefined) this.onGarbage(wrong);
      return;
    }
    this.#end(
      new CtrlIfError(
        'ERR_CTRL_IF_PEER_CLOSED',
        `${this.#peer} closed the link before it answered; nothing more will come`,
        this.#details,
      ),
      undefined,
    );
    this.#options.connection.end();
  }

  onGarbage(what: string): void {
    this.#break(
      new CtrlIfError('ERR_CTRL_IF_PEER_PROTOCOL', `${this.#peer} sent ${what} over the socket; the link is closed`, {
        ...this.#details,
        received: what,
      }),
    );
  }

  onClose(): void {
    this.#socketGone();
    const died = new CtrlIfError(
      'ERR_CTRL_IF_PEER_DIED',
      `${this.#peer} died; its link is closed, and what it had not answered never will be`,
      this.#details,
    );
    this.#end(died, died);
  }

  /** Whether the conversation keeps the process alive. */
  keepAlive(keep: boolean): void {
    if (this.#ended) return;
    this.#options.connection.keepAlive(keep);
    if (keep) this.link.ref();
    else this.link.unref();
  }

  /** Ends it from this side; resolves when the socket is closed. Idempotent. */
  async close(): Promise<void> {
    if (!this.#ended) {
      // Whoever closes waits for it.
      this.keepAlive(true);
      this.link.flush();
      this.#end(new CtrlIfError('ERR_CTRL_IF_CLOSED', 'this side closed the link', this.#details), undefined);
      this.#options.connection.end(BYE);
    }
    await this.#gone;
  }

  #break(error: CtrlIfError): void {
    this.#end(error, error);
    this.#options.connection.destroy();
  }

  #end(forPending: CtrlIfError, reason: CtrlIfError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.link.end(forPending);
    this.controlSocket.end(forPending);
    this.#options.notifier?.close();
    this.#options.page.unmap();
    this.#options.onEnd(reason);
  }

  get #peer(): string {
    return this.#options.role === 'guest' ? 'the controller' : `domain ${this.#options.domid}`;
  }

  get #details(): { domid: number } {
    return { domid: this.#options.domid };
  }
}
