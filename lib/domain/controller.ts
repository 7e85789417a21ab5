import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { callListener } from '../call-listener.ts';
import { CtrlIfError } from '../errors.ts';
import { DomainLoop } from '../event-channel/domain-loop.ts';
import { checkIdleStrategy, DEFAULT_IDLE, type IdleStrategy } from '../event-channel/idle.ts';
import { OwnEvents } from '../event-channel/own-events.ts';
import { PeerDirectory } from '../event-channel/peer-directory.ts';
import { PeerEvents } from '../event-channel/peer-events.ts';
import { CONTROLLER_DOMID } from '../event-channel/registry.ts';
import { chooseEngine, type EngineChoice } from '../page/choose-engine.ts';
import { createEventPage, openControlPage, writeDomid, writeIdentity } from '../page/control-page.ts';
import { sweepStalePages, unlinkPage } from '../page/name.ts';
import { NativePage } from '../page/native-page.ts';
import type { EngineName } from '../page/page.ts';
import { threadIdentity } from '../page/process-identity.ts';
import { checkKeys } from '../unknown-key.ts';
import { type Codec, createCodec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { CONTROL_PORT } from '../wire/page.ts';
import { ChannelExchange, remoteMember } from './channel-exchange.ts';
import { claimSocket } from './claim-socket.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { DESCRIBE, type DefinitionComparison, Definitions } from './definitions.ts';
import { DescriptorReserve, isOutOfDescriptors } from './descriptor-reserve.ts';
import { Domain } from './domain.ts';
import { ControllerChannels, noChannels } from './event-channels.ts';
import {
  type Announcement,
  handshakeError,
  parseAnnouncement,
  parseReady,
  type Ready,
  refusalLine,
  welcomeLine,
} from './handshake.ts';
import { MemoryExchange } from './memory-exchange.ts';
import { DEFAULT_NAME, ensureRuntimeDirectory, socketPath } from './runtime-directory.ts';

export interface ControllerOptions<Users extends readonly MessageDefinition[] = []> {
  /** Where guests find it; default `default`. */
  name?: string;
  /** Default: `CTRL_IF_ENGINE`, else the native engine where it loads, else the file engine with a warning. */
  engine?: EngineChoice;
  /** Messages of the user's own (`defineMessage`), beside the seed's 42. */
  messages?: Users;
  /** What to do when nothing comes from a guest; default `adaptive`. */
  idle?: IdleStrategy;
}

const OPTIONS = ['name', 'engine', 'messages', 'idle'] satisfies (keyof ControllerOptions)[];

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
  readonly #definitions: Definitions;
  readonly #server: Server;
  readonly #arriving = new Set<Connection>();
  readonly #idle: IdleStrategy;
  readonly #exchange = new ChannelExchange();
  readonly #memories = new MemoryExchange();
  readonly #directory = new PeerDirectory();
  readonly #reserve = new DescriptorReserve();
  readonly #events: OwnEvents | undefined;
  readonly #eventPage: NativePage | undefined;
  readonly #loop: DomainLoop;
  readonly #channels: ControllerChannels | undefined;
  #lastDomid = 0;
  #keepsAlive = true;
  #releaseName: () => void = () => {};
  #closed: Promise<void> | undefined;

  private constructor(
    name: string,
    engine: Exclude<EngineName, 'sab'>,
    codec: Codec<User>,
    definitions: Definitions,
    idle: IdleStrategy,
  ) {
    super();
    this.name = name;
    this.engine = engine;
    this.#idle = idle;
    if (engine === 'native') {
      const page = createEventPage();
      try {
        this.#events = OwnEvents.ifHeard(page);
      } finally {
        if (this.#events) this.#eventPage = page;
        else page.unmap();
      }
      if (this.#events) this.#channels = this.#joinExchange(this.#events);
    }
    this.#loop = new DomainLoop(this.#events);
    this.#loop.hold(this);
    this.#codec = codec;
    this.#definitions = definitions;
    this.#domains = new Map();
    this.domains = this.#domains;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /**
   * Begins to listen under `name`, and sweeps what killed processes of this user have left.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NAME_IN_USE`, `_NAME`, `_RUNTIME_DIRECTORY`, `_ENGINE`, `_DOORBELL`, `_VALUE` (an
   *   option), `_DEFINITION` (`messages`) or one of the page's
   */
  static async listen<const Users extends readonly MessageDefinition[] = []>(
    options: ControllerOptions<Users> = {},
  ): Promise<Controller<Users[number]>> {
    checkKeys('the options of Controller.listen', options, OPTIONS);
    const { name = DEFAULT_NAME, messages } = options;
    const idle = checkIdleStrategy(options.idle ?? DEFAULT_IDLE);
    const { engine } = chooseEngine(options.engine);
    const path = socketPath(ensureRuntimeDirectory(), name);
    const codec = createCodec(messages);
    const controller = new Controller<Users[number]>(name, engine, codec, new Definitions(messages ?? []), idle);
    try {
      controller.#releaseName = await claimSocket(controller.#server, path, name);
      controller.#reserve.settle();
    } catch (error) {
      controller.#release();
      throw error;
    }
    sweepStalePages();
    return controller;
  }

  /**
   * Event channels: those of the controller itself, domain 0, and {@link ControllerChannels.connect} between any two
   * domains. Throws `ERR_CTRL_IF_ENGINE` with the file engine and in a runtime that hears no doorbell.
   */
  get channels(): ControllerChannels {
    return this.#channels ?? noChannels(this.engine);
  }

  /** Has the process stay alive for this controller and all of its guests, as it does unless {@link unref} is called. */
  ref(): this {
    return this.#keepAlive(true);
  }

  /**
   * Lets the process end although guests are connected or may still come: those that are, and those that will be. A guest
   * that is to keep the process alive nevertheless is told so: `domain.ref()`.
   */
  unref(): this {
    return this.#keepAlive(false);
  }

  /** Closes every domain's link in order, then the name is free again. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #keepAlive(keep: boolean): this {
    if (this.#closed) return this;
    this.#keepsAlive = keep;
    if (keep) {
      this.#server.ref();
      this.#loop.hold(this);
    } else {
      this.#server.unref();
      this.#loop.release(this);
    }
    for (const connection of this.#arriving) connection.keepAlive(keep);
    for (const domain of this.#domains.values()) {
      if (keep) domain.ref();
      else domain.unref();
    }
    return this;
  }

  async #close(): Promise<void> {
    this.#server.ref();
    this.#releaseName();
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#arriving) connection.destroy();
    await Promise.all([...this.#domains.values()].map((domain) => domain.close()));
    await closed;
    this.#release();
    this.emit('close');
  }

  #joinExchange(events: OwnEvents): ControllerChannels {
    const channels = new ControllerChannels(events, this.#exchange, this.#directory);
    this.#exchange.join(CONTROLLER_DOMID, {
      address: { pid: process.pid, ...events.descriptors },
      bound: async (port, peer) => {
        channels.bound(port, peer);
      },
      closed: (port) => channels.forget(port),
      unbound: (port, lost) => channels.unbound(port, lost),
    });
    return channels;
  }

  #release(): void {
    this.#loop.stop();
    const closed = `controller ${this.name} is closed and has no channels any more; listen again`;
    this.#channels?.end(new CtrlIfError('ERR_CTRL_IF_CLOSED', closed, { subject: this.name }));
    this.#events?.close();
    this.#eventPage?.unmap();
    this.#reserve.release();
  }

  /** No closure of {@link #accept}'s, which would keep all that a guest presented itself with for as long as it stays. */
  readonly #settleReserve = (): void => {
    if (!this.#closed) this.#reserve.settle();
  };

  /** Hears a peer present itself, in the order of `handshake.ts`, and welcomes it or turns it away. */
  #accept(socket: Socket): void {
    let announced: Announcement | undefined;
    let ready: Ready | undefined;
    let comparison: DefinitionComparison | undefined;
    // The next must find a descriptor free, and who goes gives one back.
    this.#reserve.settle();
    socket.once('close', this.#settleReserve);
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
      callListener(() => this.emit('refused', refusal));
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
          if (!ready) {
            ready = parseReady(line, announced.owner);
            comparison = this.#definitions.compareWith(announced.definitions);
            if (comparison) {
              connection.post(DESCRIBE);
              return;
            }
          } else if (!comparison!.take(line)) return;
          if (comparison?.error) throw comparison.error;
          settle();
          this.#welcome(announced, ready, connection);
        } catch (error) {
          turnAway(isOutOfDescriptors(error) ? this.#outOfDescriptors(error) : (error as CtrlIfError));
        }
      },
    });
    const late = `did not present itself within ${HANDSHAKE_TIMEOUT} ms`;
    const timer = setTimeout(() => turnAway(handshakeError(late, 'an announcement', 'silence')), HANDSHAKE_TIMEOUT);
    // The connection keeps the process alive, or lets it go.
    timer.unref();
    connection.keepAlive(this.#keepsAlive);
    this.#arriving.add(connection);
  }

  #welcome({ page: name, nonce, owner, token }: Announcement, { events, memory }: Ready, connection: Connection): void {
    let page: ReturnType<typeof openControlPage>;
    try {
      if (!this.#reserve.settle()) throw this.#outOfDescriptors();
      page = openControlPage(name, { nonce, owner }, this.engine);
    } finally {
      unlinkPage(name);
    }
    let peer: PeerEvents | undefined;
    const domid = this.#nextDomid();
    try {
      writeIdentity(page, 'controller');
      writeDomid(page, domid);
      const address = events && { pid: owner.pid, ...events };
      if (this.#events && address && page instanceof NativePage) peer = PeerEvents.ifReachable(page, address);
      const notified = peer;
      const port = peer && this.#exchange.allocateControl(domid);
      const domain = new Domain<User>({
        pid: owner.pid,
        token,
        hasMemory: memory !== undefined,
        domid,
        page,
        peerThread: owner.thread,
        connection,
        codec: this.#codec,
        loop: this.#loop,
        idle: this.#idle,
        notifier: notified && { notify: () => notified.notify(CONTROL_PORT), close: () => notified.close() },
      });
      this.#domains.set(domid, domain);
      if (!this.#keepsAlive) domain.unref();
      if (address && peer) this.#exchange.join(domid, remoteMember(address, domain.controlSocket));
      if (port !== undefined) this.#events!.listen(port, () => domain.notified());
      this.#exchange.serve(domid, domain.controlSocket);
      this.#memories.join(domid, { identity: owner, memory, controlSocket: domain.controlSocket });
      domain.once('close', (error) => {
        this.#domains.delete(domid);
        this.#exchange.leave(domid, error ? 'died' : 'closed');
        this.#memories.leave(domid, error ? 'died' : 'closed');
        if (port === undefined) return;
        this.#events!.unlisten(port);
        this.#exchange.close(CONTROLLER_DOMID, port);
      });
      const ours = port === undefined ? undefined : { ...this.#events!.descriptors, port };
      connection.post(welcomeLine({ domid, controller: threadIdentity(), events: ours }));
      callListener(() => this.emit('domain', domain));
      domain.start();
    } catch (error) {
      if (!this.#domains.has(domid)) {
        peer?.close();
        page.unmap();
      }
      throw error;
    } finally {
      this.#reserve.settle();
    }
  }

  #outOfDescriptors(cause?: unknown): CtrlIfError {
    return new CtrlIfError(
      'ERR_CTRL_IF_DESCRIPTORS',
      `controller ${this.name} (process ${process.pid}) has as many descriptors as it may and takes no more guests; close some there, or raise its limit (ulimit -n)`,
      { subject: this.name, cause },
    );
  }

  #nextDomid(): number {
    do {
      this.#lastDomid = (this.#lastDomid % LAST_DOMID) + 1;
    } while (this.#domains.has(this.#lastDomid));
    return this.#lastDomid;
  }
}
