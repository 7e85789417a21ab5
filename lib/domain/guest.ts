import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { CtrlIfError } from '../errors.ts';
import { DomainLoop } from '../event-channel/domain-loop.ts';
import { checkIdleStrategy, DEFAULT_IDLE, type IdleStrategy } from '../event-channel/idle.ts';
import { OwnEvents } from '../event-channel/own-events.ts';
import { PeerDirectory } from '../event-channel/peer-directory.ts';
import type { EventsAddress } from '../event-channel/peer-events.ts';
import { DomainMemory } from '../memory/domain-memory.ts';
import type { MappedFrame } from '../memory/frame-mapper.ts';
import { chooseEngine, type EngineChoice } from '../page/choose-engine.ts';
import { createControlPage, markControlPage } from '../page/control-page.ts';
import type { FilePage } from '../page/file-page.ts';
import { segmentAddress } from '../page/foreign-segment.ts';
import { newPageName, unlinkPage } from '../page/name.ts';
import { NativePage } from '../page/native-page.ts';
import { processIdentity } from '../page/process-identity.ts';
import { type Codec, createCodec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { CONTROL_PORT, PAGE_NONCE_BYTES } from '../wire/page.ts';
import { remoteAuthority } from './channel-exchange.ts';
import { Connection } from './connection.ts';
import { isOutOfDescriptors } from './descriptor-reserve.ts';
import { Endpoint, type EndpointParts } from './endpoint.ts';
import { EventChannels, noChannels } from './event-channels.ts';
import { ForeignFrames } from './foreign-frames.ts';
import { noMemory, reclaimFrames, reportMemory } from './guest-memory.ts';
import { announcementLine, handshakeError, parseWelcome, readyLine } from './handshake.ts';
import { ensureRuntimeDirectory, socketPath } from './runtime-directory.ts';

export interface GuestOptions<Users extends readonly MessageDefinition[] = []> {
  /** The controller's name; default: `CTRL_IF_NAME`, which a machine sets for its domains, else `default`. */
  name?: string;
  /** Default: `CTRL_IF_ENGINE`, else the native engine where it loads, else the file engine. */
  engine?: EngineChoice;
  /** Messages of the user's own (`defineMessage`), beside the seed's 42. */
  messages?: Users;
  /** What to do when nothing comes; default `adaptive`. */
  idle?: IdleStrategy;
  /** Milliseconds until the controller must have answered; default 5,000. */
  timeout?: number;
  /**
   * A memory for this domain, in frames of 4 KiB, of which the control page is the first; default: the control page alone.
   * It begins with `frames` and never has more than `maximum`, which is the same unless given.
   */
  memory?: { frames: number; maximum?: number };
}

export const DEFAULT_NAME = 'default';
const DEFAULT_TIMEOUT = 5000;
/** `mem_request_t.status`; what becomes of it is told in other ways (PROTOCOL.md 2.14). */
const UNDERSTOOD = 0;

interface GuestParts<User extends MessageDefinition> extends EndpointParts<User> {
  events: OwnEvents | undefined;
  directory: PeerDirectory;
  memory: DomainMemory | undefined;
}

/** A domain: it owns the control page, and talks over it with the controller that it found by name. */
export class Guest<User extends MessageDefinition = never> extends Endpoint<User> {
  readonly #events: OwnEvents | undefined;
  readonly #loop: DomainLoop;
  readonly #channels: EventChannels | undefined;
  readonly #memory: DomainMemory | undefined;
  readonly #foreign: ForeignFrames;
  #isOver = false;
  /** Of a suspended guest, which waits. */
  #onEnd: (error: CtrlIfError) => void = () => {};

  /** @internal Guests are made by {@link Guest.connect}. */
  constructor({ events, directory, memory, ...parts }: GuestParts<User>) {
    super({ ...parts, party: 'guest' });
    const engine = parts.page.engine as 'native' | 'file';
    this.#foreign = new ForeignFrames({ domid: this.domid, engine, side: this.side });
    this.#memory = memory;
    if (memory) {
      reportMemory(memory, this.side);
      this.receiveByDefault('MEM_REQUEST_SET', ({ target }) => this.#resize(memory, target));
    }
    this.#events = events;
    this.#loop = parts.loop;
    events?.listen(CONTROL_PORT, () => this.notified());
    if (events) {
      const channels = new EventChannels(this.domid, events, remoteAuthority(this.side), directory);
      channels.hearFrom(this.side);
      this.#channels = channels;
    }
  }

  /**
   * Creates a page, meets the controller called `name` and gets a domid from it.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NO_CONTROLLER`, `_TIMEOUT`, `_HANDSHAKE`, `_ENGINE`, `_NAME`, `_RUNTIME_DIRECTORY`,
   *   `_DOORBELL`, `_DESCRIPTORS`, `_MEMORY_TARGET` or one of the page's; nothing is left behind
   */
  static connect<const Users extends readonly MessageDefinition[] = []>(
    options: GuestOptions<Users> = {},
  ): Promise<Guest<Users[number]>> {
    return new Rendezvous(options).meet() as Promise<Guest<Users[number]>>;
  }

  /**
   * This domain's event channels. Throws `ERR_CTRL_IF_ENGINE` with the file engine, which cannot set a bit that others
   * set as well, and in a runtime that hears no doorbell.
   */
  get channels(): EventChannels {
    return this.#channels ?? noChannels(this.engine);
  }

  /**
   * This domain's memory: frames to use, to offer to other domains, and to be had back. Until a receiver of the user's own
   * takes MEM_REQUEST_SET, it follows the controller's target. Throws `ERR_CTRL_IF_NO_MEMORY` for a guest that was
   * connected without.
   */
  get memory(): DomainMemory {
    if (!this.#memory) throw noMemory('this guest', this.domid);
    return this.#memory;
  }

  /**
   * Maps a frame that domain `owner` has offered to this one, until it is unmapped or this guest ends. A dead owner's stays,
   * for whoever still looks at it; no more of its frames are mapped then. A frame may be mapped more than once, and is its
   * owner's again when it has been unmapped as often.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` (unknown, gone, or without memory), `_FRAME_RANGE`, `_FRAME_NOT_OFFERED`
   */
  mapFrame(owner: number, frame: number | bigint): Promise<MappedFrame> {
    return this.#foreign.map(owner, frame);
  }

  /**
   * Takes back every frame that was offered to domain `domid`, mapped or not, when the controller says that nothing of it
   * is left; returns them. Rejects with `ERR_CTRL_IF_FRAME_IN_USE` while it is there, and may look at them.
   */
  async reclaimFrames(domid: number): Promise<number[]> {
    return reclaimFrames(this.memory, this.side, domid);
  }

  /**
   * Tells the machine that this domain is at rest, as SHUTDOWN_SUSPEND asks: its frontends are stopped, and nothing of it is
   * under way. Resolves when the machine resumes it and has attached its devices again.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NOT_UNDERSTOOD` where the controller is no machine, and why the link has ended
   */
  async suspended(): Promise<void> {
    const resumed = new Promise<void>((resolve, reject) => {
      this.side.answer('resume', () => {
        resolve();
        return {};
      });
      this.#onEnd = reject;
    });
    await Promise.all([this.side.ask('suspended', {}), resumed]);
  }

  #resize(memory: DomainMemory, target: number): { status: number } {
    memory.resize(target).catch((error) => {
      if (!this.#isOver) this.emit('error', error);
    });
    return { status: UNDERSTOOD };
  }

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

/** The guest's side of the handshake: one use, one page, one socket, all given back when it fails. */
class Rendezvous {
  readonly #options: GuestOptions<readonly MessageDefinition[]>;
  readonly #idle: IdleStrategy;
  readonly #pageName: string;
  readonly #nonce = randomBytes(PAGE_NONCE_BYTES);
  #page: NativePage | FilePage | undefined;
  #memory: DomainMemory | undefined;
  #events: OwnEvents | undefined;

  constructor(options: GuestOptions<readonly MessageDefinition[]>) {
    this.#options = options;
    this.#idle = checkIdleStrategy(options.idle ?? DEFAULT_IDLE);
    this.#pageName = newPageName();
  }

  async meet(): Promise<Guest> {
    const { engine: asked, messages = [], timeout = DEFAULT_TIMEOUT } = this.#options;
    const name = this.#options.name ?? process.env.CTRL_IF_NAME ?? DEFAULT_NAME;
    const codec = createCodec(messages) as Codec;
    const { engine } = chooseEngine(asked);
    const socket = await connected(socketPath(ensureRuntimeDirectory(), name), name);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Guest>((resolve, reject) => {
        timer = setTimeout(
          () =>
            reject(
              new CtrlIfError(
                'ERR_CTRL_IF_TIMEOUT',
                `controller ${name} did not answer within ${timeout} ms; it may be stopped or busy`,
                { subject: name },
              ),
            ),
          timeout,
        );
        const connection = new Connection(socket, {
          onDoorbell: () => {},
          onGarbage: (what) => reject(handshakeError(`sent ${what}`, 'a line of JSON', what)),
          onClose: () =>
            reject(
              new CtrlIfError(
                'ERR_CTRL_IF_PEER_DIED',
                `controller ${name} hung up before it said welcome: it has ended, or has no descriptor left (ulimit -n)`,
                { subject: name },
              ),
            ),
          onLine: (line) => {
            try {
              // Within this call, so that what follows the welcome in the same chunk finds the session.
              const guest = this.#enter(parseWelcome(line), connection, codec);
              resolve(guest);
              // Not before the caller's `await` has gone on and it has registered its receivers.
              setImmediate(() => guest.start());
            } catch (error) {
              reject(error);
            }
          },
        });
        this.#present(connection, engine).catch(reject);
      });
    } catch (error) {
      socket.destroy();
      this.#events?.close();
      this.#page?.unmap();
      this.#memory?.unmap();
      throw error;
    } finally {
      clearTimeout(timer);
      // Both ends hold the page, or it is not to be.
      unlinkPage(this.#pageName);
    }
  }

  async #present(connection: Connection, engine: 'native' | 'file'): Promise<void> {
    const token = process.env.CTRL_IF_DOMAIN_TOKEN;
    const announcement = { page: this.#pageName, nonce: this.#nonce, owner: processIdentity(), token };
    if (!(await connection.send(announcementLine(announcement)))) return;
    const page = this.#createPage(engine);
    const descriptor = this.#memory?.segment.fd;
    if (page instanceof NativePage) this.#events = OwnEvents.ifHeard(page, descriptor);
    const memory = descriptor === undefined ? undefined : segmentAddress(descriptor);
    await connection.send(readyLine(this.#events?.descriptors, memory));
  }

  #createPage(engine: 'native' | 'file'): NativePage | FilePage {
    const { memory: asked } = this.#options;
    if (asked) {
      const { frames, maximum = frames } = asked;
      const { memory, page } = DomainMemory.create(this.#pageName, { frames, maximum, engine });
      this.#memory = memory;
      this.#page = page;
      markControlPage(page, this.#nonce);
    } else {
      this.#page = createControlPage(this.#pageName, this.#nonce, engine);
    }
    return this.#page;
  }

  #enter({ domid, pid, events: theirs }: ReturnType<typeof parseWelcome>, connection: Connection, codec: Codec): Guest {
    const directory = new PeerDirectory();
    const events = this.#events;
    return new Guest({
      domid,
      page: this.#page!,
      connection,
      codec,
      loop: new DomainLoop(events),
      idle: this.#idle,
      notifier: events && theirs && notifierOf(directory, { pid, ...theirs }),
      events,
      directory,
      memory: this.#memory,
    });
  }
}

/** Of the controller; none where its descriptors cannot be reached, as between PID namespaces: it is rung over the socket. */
function notifierOf(directory: PeerDirectory, { port, ...address }: EventsAddress & { port: number }) {
  const peer = directory.openIfReachable(address);
  return peer && { notify: () => peer.notify(port), close: () => peer.close() };
}

function connected(path: string, name: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const onError = (cause: NodeJS.ErrnoException) => {
      if (isOutOfDescriptors(cause)) {
        const none =
          'no descriptor left for a socket: this process has as many as it may (ulimit -n); close some or raise the limit';
        reject(new CtrlIfError('ERR_CTRL_IF_DESCRIPTORS', none, { subject: name, cause }));
        return;
      }
      reject(
        new CtrlIfError(
          'ERR_CTRL_IF_NO_CONTROLLER',
          `no controller called ${name} answers at ${path}; start one (ctrl-if controller --name ${name}), or name the one that runs`,
          {
            subject: name,
            cause,
          },
        ),
      );
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve(socket);
    });
  });
}
