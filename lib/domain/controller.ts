import { EventEmitter, once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { callListener } from '../call-listener.ts';
import { CtrlIfError } from '../errors.ts';
import { OwnEvents } from '../event-channel/own-events.ts';
import { PeerDirectory } from '../event-channel/peer-directory.ts';
import { CONTROLLER_DOMID } from '../event-channel/registry.ts';
import { DomainLoop } from '../link/wait/domain-loop.ts';
import { checkIdleStrategy, DEFAULT_IDLE, type IdleStrategy } from '../link/wait/idle-strategy.ts';
import { chooseEngine, type EngineChoice, engineNamed } from '../page/choose-engine.ts';
import { createEventPage } from '../page/control-page.ts';
import { sweepStalePages } from '../page/name.ts';
import type { EventPage, NamedEngine } from '../page/page.ts';
import { checkKeys } from '../unknown-key.ts';
import { createCodec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { Admission, type AdmissionHost } from './admission.ts';
import { ChannelExchange } from './channel-exchange.ts';
import { claimSocket } from './claim-socket.ts';
import { Definitions } from './definitions.ts';
import { DescriptorReserve } from './descriptor-reserve.ts';
import type { Domain } from './domain.ts';
import { ControllerChannels, noChannels } from './event-channels.ts';
import { MemoryExchange } from './memory-exchange.ts';
import { DEFAULT_NAME, ensureRuntimeDirectory, socketPath } from './runtime-directory.ts';

/** The options of {@link Controller.listen}. */
export interface ControllerOptions<Users extends readonly MessageDefinition[] = []> {
  /** The name by which guests find the controller, 1 to 64 letters, digits, `.`, `_` or `-`; default `default`. */
  name?: string;
  /** Default: `CTRL_IF_ENGINE`, else the native engine where it loads, else the file engine with a warning. */
  engine?: EngineChoice;
  /** Messages of the user's own (`defineMessage`), in addition to the 42 of the seed. */
  messages?: Users;
  /** What each link does without messages; default `adaptive`. */
  idle?: IdleStrategy;
}

const OPTIONS = ['name', 'engine', 'messages', 'idle'] satisfies (keyof ControllerOptions)[];

/** The events of a {@link Controller} and their arguments. */
export interface ControllerEvents<User extends MessageDefinition> {
  /**
   * A guest has connected. Receivers and listeners that are registered in this call, or directly after an `await` of this event, miss no
   * message and no event of the domain.
   */
  domain: [Domain<User>];
  /** The controller has refused a guest, or another process on its socket, with this error. */
  refused: [CtrlIfError];
  /** The controller has closed. */
  close: [];
}

/** Xen's first reserved domid is 0x7FF0. */
const LAST_DOMID = 0x7fef;

/** A controller, domain 0. It listens under a name and serves any number of guests, each over a page of its own. */
export class Controller<User extends MessageDefinition = never> extends EventEmitter<ControllerEvents<User>> {
  /** The name by which guests find this controller. */
  readonly name: string;
  /** The engine of this controller's pages: `native` or `file`. */
  readonly engine: NamedEngine;
  /** The connected guests by domid. */
  readonly domains: ReadonlyMap<number, Domain<User>>;
  readonly #domains: Map<number, Domain<User>>;
  readonly #server: Server;
  readonly #arriving = new Set<Admission<User>>();
  readonly #host: AdmissionHost<User>;
  readonly #exchange = new ChannelExchange();
  readonly #directory: PeerDirectory;
  readonly #reserve = new DescriptorReserve();
  readonly #events: OwnEvents | undefined;
  readonly #eventPage: EventPage | undefined;
  readonly #loop: DomainLoop;
  readonly #channels: ControllerChannels | undefined;
  #lastDomid = 0;
  #keepsAlive = true;
  #releaseName: () => void = () => {};
  #closed: Promise<void> | undefined;

  private constructor(settings: Pick<AdmissionHost<User>, 'name' | 'engine' | 'codec' | 'definitions' | 'idle'>) {
    super();
    const { name, engine } = settings;
    this.name = name;
    this.engine = engine;
    this.#directory = new PeerDirectory(engineNamed(engine));
    const page = createEventPage(engine);
    if (page) {
      try {
        this.#events = OwnEvents.ifSupported(page);
      } finally {
        if (this.#events) this.#eventPage = page;
        else page.unmap();
      }
      if (this.#events) this.#channels = this.#joinExchange(this.#events);
    }
    this.#loop = new DomainLoop(this.#events);
    this.#loop.hold(this);
    this.#domains = new Map();
    this.domains = this.#domains;
    this.#host = {
      ...settings,
      loop: this.#loop,
      events: this.#events,
      exchange: this.#exchange,
      memories: new MemoryExchange(),
      reserve: this.#reserve,
      domains: this.#domains,
      nextDomid: () => this.#nextDomid(),
      onSettled: (admission) => this.#arriving.delete(admission),
      onDomain: (domain) => {
        if (!this.#keepsAlive) domain.unref();
        callListener(() => this.emit('domain', domain));
      },
      onRefused: (error) => callListener(() => this.emit('refused', error)),
    };
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /**
   * Begins to listen under `name`, and removes the pages that killed processes of this user have left.
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
    const definitions = new Definitions(messages ?? []);
    const controller = new Controller<Users[number]>({ name, engine, codec, definitions, idle });
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
   * The event channels of the controller itself, domain 0, and {@link ControllerChannels.connect} between any two domains.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ENGINE` with the file engine, and in a runtime whose event loop receives no doorbell
   */
  get channels(): ControllerChannels {
    return this.#channels ?? noChannels(this.engine);
  }

  /** Keeps the process alive for this controller and all its guests. This is the default. */
  ref(): this {
    return this.#keepAlive(true);
  }

  /**
   * Lets the process end although the controller listens and guests are connected, now or later. `domain.ref()` makes one guest keep the
   * process alive.
   */
  unref(): this {
    return this.#keepAlive(false);
  }

  /** Frees the name and closes the links of all domains. Resolves when all are closed. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** As {@link close}. */
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
    for (const { connection } of this.#arriving) connection.keepAlive(keep);
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
    for (const { connection } of this.#arriving) connection.destroy();
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
      closed: (port) => channels.discard(port),
      unbound: (port, lost) => channels.unbound(port, lost),
    });
    return channels;
  }

  #release(): void {
    this.#loop.stop();
    const closed = `controller ${this.name} is closed and has no channels any more`;
    const advice = 'listen again';
    this.#channels?.end(new CtrlIfError('ERR_CTRL_IF_CLOSED', closed, { advice, subject: this.name }));
    this.#events?.close();
    this.#eventPage?.unmap();
    this.#reserve.release();
  }

  /** Not a closure in {@link #accept}, which would keep the admission as long as the socket is open. */
  readonly #settleReserve = (): void => {
    if (!this.#closed) this.#reserve.settle();
  };

  #accept(socket: Socket): void {
    // The next connection needs a free descriptor, and a socket that closes frees one.
    this.#reserve.settle();
    socket.once('close', this.#settleReserve);
    const admission = new Admission(this.#host, socket);
    admission.connection.keepAlive(this.#keepsAlive);
    this.#arriving.add(admission);
  }

  #nextDomid(): number {
    do {
      this.#lastDomid = (this.#lastDomid % LAST_DOMID) + 1;
    } while (this.#domains.has(this.#lastDomid));
    return this.#lastDomid;
  }
}
