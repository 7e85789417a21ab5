import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { CtrlIfError } from '../errors.ts';
import { chooseEngine, type EngineChoice } from '../page/choose-engine.ts';
import { openControlPage, writeDomid, writeParty } from '../page/control-page.ts';
import { sweepStalePages, unlinkPage } from '../page/name.ts';
import type { EngineName } from '../page/page.ts';
import { processIdentity } from '../page/process-identity.ts';
import { type Codec, createCodec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { claimSocket } from './claim-socket.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { Domain } from './domain.ts';
import { DEFAULT_NAME } from './guest.ts';
import { type Announcement, handshakeError, parseAnnouncement, refusalLine, welcomeLine } from './handshake.ts';
import { ensureRuntimeDirectory, socketPath } from './runtime-directory.ts';

export interface ControllerOptions<Users extends readonly MessageDefinition[] = []> {
  /** Where guests find it; default `default`. */
  name?: string;
  /** Default: `CTRL_IF_ENGINE`, else the native engine where it loads, else the file engine. */
  engine?: EngineChoice;
  /** Messages of the user's own (`defineMessage`), beside the seed's 42. */
  messages?: Users;
}

export interface ControllerEvents<User extends MessageDefinition> {
  /** A guest has connected. Receivers registered in this call miss none of its messages. */
  domain: [Domain<User>];
  /** A guest was turned away, or a peer on the socket is none of ours. */
  refused: [CtrlIfError];
  close: [];
}

/** How long a peer may take to present itself, in milliseconds. */
const HANDSHAKE_TIMEOUT = 5000;
/** For a peer that has been turned away: what it still says is not heard. */
const DEAF: ConnectionEvents = { onDoorbell() {}, onGarbage() {}, onClose() {}, onLine() {} };
/** Xen's first reserved domid is 0x7FF0. */
const LAST_DOMID = 0x7fef;

/** The domain controller: it listens under a name and serves any number of guests, each over a page of its own. */
export class Controller<User extends MessageDefinition = never> extends EventEmitter<ControllerEvents<User>> {
  readonly name: string;
  readonly engine: Exclude<EngineName, 'sab'>;
  /** The guests that are connected, by domid. */
  readonly domains: ReadonlyMap<number, Domain<User>>;
  readonly #domains: Map<number, Domain<User>>;
  readonly #codec: Codec<User>;
  readonly #server: Server;
  readonly #arriving = new Set<Connection>();
  #lastDomid = 0;
  #releaseName: () => void = () => {};
  #closed: Promise<void> | undefined;

  private constructor(name: string, engine: Exclude<EngineName, 'sab'>, codec: Codec<User>) {
    super();
    this.name = name;
    this.engine = engine;
    this.#codec = codec;
    this.#domains = new Map();
    this.domains = this.#domains;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /**
   * Begins to listen under `name`, and sweeps what killed processes of this user have left.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NAME_IN_USE`, `_NAME`, `_RUNTIME_DIRECTORY` or `_ENGINE`
   */
  static async listen<const Users extends readonly MessageDefinition[] = []>(
    options: ControllerOptions<Users> = {},
  ): Promise<Controller<Users[number]>> {
    const { name = DEFAULT_NAME, messages } = options;
    const controller = new Controller<Users[number]>(name, chooseEngine(options.engine).engine, createCodec(messages));
    const path = socketPath(ensureRuntimeDirectory(), name);
    controller.#releaseName = await claimSocket(controller.#server, path, name);
    sweepStalePages();
    return controller;
  }

  /** Closes every domain's link in order, then the name is free again. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#releaseName();
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#arriving) connection.destroy();
    await Promise.all([...this.#domains.values()].map((domain) => domain.close()));
    await closed;
    this.emit('close');
  }

  /** Hears a peer present itself, in the order of `handshake.ts`, and welcomes it or turns it away. */
  #accept(socket: Socket): void {
    let announced: Announcement | undefined;
    const settle = () => {
      clearTimeout(timer);
      this.#arriving.delete(connection);
    };
    const turnAway = (refusal: CtrlIfError) => {
      settle();
      connection.events = DEAF;
      // Its maker may be killed, or wrong, between making the page and unlinking it.
      if (announced) unlinkPage(announced.page);
      connection.end(refusalLine(refusal));
      this.emit('refused', refusal);
    };
    const connection = new Connection(socket, {
      onDoorbell: () => {},
      onGarbage: (what) => turnAway(handshakeError(`sent ${what}`, 'a line of JSON', what)),
      onClose: () => {
        settle();
        if (announced) unlinkPage(announced.page);
      },
      onLine: (line) => {
        try {
          if (!announced) {
            announced = parseAnnouncement(line);
            return;
          }
          settle();
          this.#welcome(announced, connection);
        } catch (error) {
          turnAway(error as CtrlIfError);
        }
      },
    });
    const late = `did not present itself within ${HANDSHAKE_TIMEOUT} ms`;
    const timer = setTimeout(() => turnAway(handshakeError(late, 'an announcement', 'silence')), HANDSHAKE_TIMEOUT);
    this.#arriving.add(connection);
  }

  #welcome({ page: name, nonce, owner }: Announcement, connection: Connection): void {
    let page: ReturnType<typeof openControlPage>;
    try {
      page = openControlPage(name, { nonce, owner }, this.engine);
    } finally {
      unlinkPage(name);
    }
    const domid = this.#nextDomid();
    writeParty(page, 'controller');
    writeDomid(page, domid);
    const domain = new Domain<User>(domid, owner.pid, page, connection, this.#codec);
    this.#domains.set(domid, domain);
    domain.once('close', () => this.#domains.delete(domid));
    connection.send(welcomeLine({ domid, controller: processIdentity() })).catch(() => {
      // The socket is gone, which its close event tells.
    });
    this.emit('domain', domain);
    domain.start();
  }

  #nextDomid(): number {
    do {
      this.#lastDomid = (this.#lastDomid % LAST_DOMID) + 1;
    } while (this.#domains.has(this.#lastDomid));
    return this.#lastDomid;
  }
}
