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

export interface GuestOptions<Users extends readonly MessageDefinition[] = []> {
  /** The controller's name; default: `CTRL_IF_NAME`, which a machine sets for its domains, else `default`. */
  name?: string;
  /** Default: `CTRL_IF_ENGINE`, else the native engine where it loads, else the file engine with a warning. */
  engine?: EngineChoice;
  /** Messages of the user's own (`defineMessage`), beside the seed's 42. */
  messages?: Users;
  /** What to do when nothing comes; default `adaptive`. */
  idle?: IdleStrategy;
  /** Milliseconds until the controller must have answered; default 5,000. */
  timeout?: number;
  /**
   * A memory for this domain, in frames of 4 KiB, of which the control page is the first; default: the control page alone.
   * It begins with `frames` and never has more than `maximum`, which is the same unless given. The engine must map frames, as
   * the native one does: `ERR_CTRL_IF_ENGINE` else.
   */
  memory?: GuestMemoryOptions;
  /**
   * What to do while there is no controller of that name: wait for one (`true`), or so many milliseconds; default: reject at
   * once. It waits as well while one dies before it has answered. A controller that lives must still answer within `timeout`.
   */
  wait?: boolean | number;
  /** Gives connecting up, at any stage, with `ERR_CTRL_IF_ABORTED`. */
  signal?: AbortSignal;
}

/** In frames of 4 KiB. */
export interface GuestMemoryOptions {
  frames: number;
  /** Default: `frames`. */
  maximum?: number;
}

/** `mem_request_t.status`; what becomes of it is told in other ways (PROTOCOL.md 2.14). */
const UNDERSTOOD = 0;

/** What a guest is made of. */
export interface GuestParts<User extends MessageDefinition> extends EndpointParts<User> {
  page: NamedPage;
  directory: PeerDirectory;
  memory: DomainMemory | undefined;
}

/** A domain: it owns the control page, and talks over it with the controller that it found by name. */
export class Guest<User extends MessageDefinition = never> extends Endpoint<User, 'guest'> {
  readonly #events: OwnEvents | undefined;
  readonly #loop: DomainLoop;
  readonly #channels: EventChannels | undefined;
  readonly #memory: DomainMemory | undefined;
  readonly #foreign: ForeignFrames;
  #isOver = false;
  /** Of a suspended guest, which waits. */
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
   * Creates a page, meets the controller called `name` and gets a domid from it. Receivers and listeners registered as soon as
   * the `await` of it goes on miss nothing, `close` included.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NO_CONTROLLER` (also when none came within `wait`), `_ABORTED`, `_TIMEOUT`,
   *   `_DEFINITION` (a message that both sides define is not the same on both, or `messages` is no array of definitions),
   *   `_VALUE` (an option), `_HANDSHAKE`, `_ENGINE`, `_NAME`, `_RUNTIME_DIRECTORY`, `_DOORBELL`, `_DESCRIPTORS`,
   *   `_MEMORY_TARGET` or one of the page's; nothing is left behind
   */
  static async connect<const Users extends readonly MessageDefinition[] = []>(
    options: GuestOptions<Users> = {},
  ): Promise<Guest<Users[number]>> {
    return connect(readGuestOptions(options), (parts) => new Guest<Users[number]>(parts));
  }

  /**
   * This domain's event channels. Throws `ERR_CTRL_IF_ENGINE` with the file engine, which cannot set a bit that others
   * set as well, and in a runtime that hears no doorbell.
   */
  get channels(): EventChannels {
    return this.#channels ?? noChannels(this.engine);
  }

  /**
   * This domain's memory: frames to use, to grant other domains access to, and to be had back. Until a receiver of the user's own
   * takes MEM_REQUEST_SET, it follows the controller's target. Throws `ERR_CTRL_IF_NO_MEMORY` for a guest that was
   * connected without.
   */
  get memory(): DomainMemory {
    if (!this.#memory) throw noMemory('this guest', this.domid);
    return this.#memory;
  }

  /**
   * Maps a frame that domain `owner` has granted to this one, until it is unmapped or this guest ends. A dead owner's stays,
   * for whoever still looks at it; no more of its frames are mapped then. A frame may be mapped more than once, and is its
   * owner's again when it has been unmapped as often.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` (no domid, unknown, gone, or without memory), `_FRAME_RANGE`,
   *   `_FRAME_NOT_GRANTED`, `_ENGINE` (that of this side maps no frames)
   */
  mapFrame(owner: number, frame: number | bigint): Promise<MappedFrame> {
    return this.#foreign.map(owner, frame);
  }

  /**
   * Takes back every frame that was granted to domain `domid`, mapped or not, when the controller says that nothing of it
   * is left; returns them. Rejects with `ERR_CTRL_IF_FRAME_IN_USE` while it is there, and may look at them.
   */
  async reclaimFrames(domid: number): Promise<number[]> {
    return reclaimFrames(this.memory, this.controlSocket, domid);
  }

  /**
   * Tells the machine that this domain is at rest, as SHUTDOWN_SUSPEND asks: its frontends are stopped, and nothing of it is
   * under way. Resolves when the machine resumes it and has attached its devices again.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NOT_UNDERSTOOD` where the controller is no machine, and why the link has ended
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
    const closed = 'this domain has left its controller and has no channels any more; connect again';
    const why = error ?? new CtrlIfError('ERR_CTRL_IF_CLOSED', closed, { domid });
    this.#channels?.end(why);
    this.#onEnd(why);
    this.#events?.close();
    this.#foreign.end();
    this.#memory?.unmap();
  }
}
