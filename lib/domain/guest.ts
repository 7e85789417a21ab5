import { CtrlIfError } from '../errors.ts';
import type { OwnEvents } from '../event-channel/own-events.ts';
import type { PeerDirectory } from '../event-channel/peer-directory.ts';
import type { DomainLoop } from '../link/wait/domain-loop.ts';
import type { IdleStrategy } from '../link/wait/idle-strategy.ts';
import type { DomainMemory } from '../memory/domain-memory.ts';
import type { MappedFrame } from '../memory/frame-mapper.ts';
import type { EngineChoice } from '../page/choose-engine.ts';
import type { NamedPage } from '../page/page.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { remoteAuthority } from './channel-exchange.ts';
import { connect } from './connect.ts';
import { Endpoint, type EndpointParts } from './endpoint.ts';
import { EventChannels, noChannels } from './event-channels.ts';
import { ForeignFrames } from './foreign-frames.ts';
import { noMemory, reclaimFrames, reportMemory } from './guest-memory.ts';
import { readGuestOptions } from './guest-options.ts';

/** The options of {@link Guest.connect}. */
export interface GuestOptions<Users extends readonly MessageDefinition[] = []> {
  /** The controller's name; default: `CTRL_IF_NAME`, which a machine sets for its domains, otherwise `default`. */
  name?: string;
  /** Default: `CTRL_IF_ENGINE`, else the native engine where it loads, else the file engine with a warning. */
  engine?: EngineChoice;
  /** Messages of the user's own (`defineMessage`), in addition to the 42 of the seed. */
  messages?: Users;
  /** What the link does without messages; default `adaptive`. */
  idle?: IdleStrategy;
  /** Milliseconds within which the controller must answer; default 5,000. */
  timeout?: number;
  /** A memory for this domain. Its frame 0 is the control page. The engine must map frames, as the native one does. Default: the control page alone. */
  memory?: GuestMemoryOptions;
  /**
   * Whether to wait while no controller has that name: without a limit (`true`), or for this many milliseconds; default: reject at once.
   * The guest also waits when a controller dies before it answers. A controller that lives must still answer within `timeout`.
   */
  wait?: boolean | number;
  /** Ends the attempt at any stage with `ERR_CTRL_IF_ABORTED`. */
  signal?: AbortSignal;
}

/** The size of a guest's memory, in frames of 4 KiB. */
export interface GuestMemoryOptions {
  /** The size at the start. */
  frames: number;
  /** The largest size; default: `frames`. */
  maximum?: number;
}

/** `mem_request_t.status`. It says nothing about the result (PROTOCOL.md 2.14). */
const UNDERSTOOD = 0;

/** The parts from which a {@link Guest} is made. */
export interface GuestParts<User extends MessageDefinition> extends EndpointParts<User> {
  page: NamedPage;
  directory: PeerDirectory;
  memory: DomainMemory | undefined;
}

/** A guest: a domain that is linked to a controller over a control page of its own. */
export class Guest<User extends MessageDefinition = never> extends Endpoint<User, 'guest'> {
  readonly #events: OwnEvents | undefined;
  readonly #loop: DomainLoop;
  readonly #channels: EventChannels | undefined;
  readonly #memory: DomainMemory | undefined;
  readonly #foreign: ForeignFrames;
  #isOver = false;
  /** Rejects the wait of a suspended guest. */
  #onEnd: (error: CtrlIfError) => void = () => {};

  /** @internal Guests are made by {@link Guest.connect}. */
  constructor({ directory, memory, ...parts }: GuestParts<User>) {
    super({ ...parts, role: 'guest' });
    const { engine } = parts.page;
    this.#foreign = new ForeignFrames({ domid: this.domid, engine, controlSocket: this.controlSocket });
    this.#memory = memory;
    if (memory) {
      reportMemory(memory, this.controlSocket);
      this.receiveByDefault('MEM_REQUEST_SET', ({ target }) => this.#resize(memory, target));
    }
    const events = parts.ownPort?.events;
    this.#events = events;
    this.#loop = parts.loop;
    if (events) {
      const channels = new EventChannels(this.domid, events, remoteAuthority(this.controlSocket), directory);
      channels.serve(this.controlSocket);
      this.#channels = channels;
    }
  }

  /**
   * Connects to the controller called `name` and gets a domid from it. Receivers and listeners that are registered directly after the
   * `await` miss no message and no event.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NO_CONTROLLER` (also when none came within `wait`), `_ABORTED`, `_TIMEOUT`,
   *   `_DEFINITION` (both sides define a message differently, or `messages` is no array of definitions),
   *   `_VALUE` (an option), `_HANDSHAKE`, `_ENGINE`, `_NAME`, `_RUNTIME_DIRECTORY`, `_DOORBELL`, `_DESCRIPTORS`,
   *   `_MEMORY_TARGET` or one of the page's
   */
  static async connect<const Users extends readonly MessageDefinition[] = []>(
    options: GuestOptions<Users> = {},
  ): Promise<Guest<Users[number]>> {
    return connect(readGuestOptions(options), (parts) => new Guest<Users[number]>(parts));
  }

  /**
   * This domain's event channels.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ENGINE` with the file engine, which has no atomic operations, and in a runtime whose event loop
   *   cannot poll a doorbell
   */
  get channels(): EventChannels {
    return this.#channels ?? noChannels(this.engine);
  }

  /**
   * This domain's memory, whose frames it uses itself or grants to other domains. Its size follows the controller's target, unless a receiver
   * of the user's own takes MEM_REQUEST_SET.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NO_MEMORY` when the guest was connected without the option `memory`
   */
  get memory(): DomainMemory {
    if (!this.#memory) throw noMemory('this guest', this.domid);
    return this.#memory;
  }

  /**
   * Maps a frame that domain `owner` has granted to this domain, until it is unmapped or this guest ends. A mapped frame stays mapped after
   * the owner's death, but no further frame of that owner can be mapped. A frame that is mapped several times is in use until it has been
   * unmapped as often.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` (no domid, or a domain that is unknown, gone or without memory), `_FRAME_RANGE`,
   *   `_FRAME_NOT_GRANTED`, `_ENGINE` (this side's engine maps no frames)
   */
  mapFrame(owner: number, frame: number | bigint): Promise<MappedFrame> {
    return this.#foreign.map(owner, frame);
  }

  /**
   * Ends the access of a dead domain to all frames that were granted to it, mapped or not. Resolves with the numbers of these frames.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_FRAME_IN_USE` while the domain is connected or its process runs, `_DOMAIN` when `domid` is none,
   *   `_NO_MEMORY`, or the error that ended the link
   */
  async reclaimFrames(domid: number): Promise<number[]> {
    return reclaimFrames(this.memory, this.controlSocket, domid);
  }

  /**
   * Reports to the machine that this domain has suspended, as SHUTDOWN_SUSPEND asks. Its frontends must be stopped, and no request may be in
   * flight. Resolves when the machine has resumed the domain and attached its devices again.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NOT_UNDERSTOOD` when the controller is no machine, or the error that ended the link
   */
  async suspended(): Promise<void> {
    const resumed = new Promise<void>((resolve, reject) => {
      this.controlSocket.answer('resume', () => resolve());
      this.#onEnd = reject;
    });
    await Promise.all([this.controlSocket.ask('suspended', {}), resumed]);
  }

  #resize(memory: DomainMemory, target: number): { status: number } {
    memory.resize(target).catch((error) => {
      if (!this.#isOver) this.emit('error', error);
    });
    return { status: UNDERSTOOD };
  }

  /** @internal */
  protected override ended(error: CtrlIfError | undefined): void {
    this.#isOver = true;
    this.#loop.stop();
    const { domid } = this;
    const closed = 'this domain has left its controller and has no channels any more';
    const reason = error ?? new CtrlIfError('ERR_CTRL_IF_CLOSED', closed, { advice: 'connect again', domid });
    this.#channels?.end(reason);
    this.#onEnd(reason);
    this.#events?.close();
    this.#foreign.end();
    this.#memory?.unmap();
  }
}
