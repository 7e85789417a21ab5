import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { CtrlIfError } from '../errors.ts';
import { DomainLoop } from '../event-channel/domain-loop.ts';
import { checkIdleStrategy, DEFAULT_IDLE, type IdleStrategy } from '../event-channel/idle.ts';
import { OwnEvents } from '../event-channel/own-events.ts';
import { PeerDirectory } from '../event-channel/peer-directory.ts';
import type { EventsAddress } from '../event-channel/peer-events.ts';
import { DomainMemory } from '../memory/domain-memory.ts';
import { chooseEngine } from '../page/choose-engine.ts';
import { createControlPage, markControlPage } from '../page/control-page.ts';
import type { FilePage } from '../page/file-page.ts';
import { segmentAddress } from '../page/foreign-segment.ts';
import { newPageName, unlinkPage } from '../page/name.ts';
import { NativePage } from '../page/native-page.ts';
import { threadIdentity } from '../page/process-identity.ts';
import { type Codec, createCodec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { PAGE_NONCE_BYTES } from '../wire/page.ts';
import { Connection } from './connection.ts';
import { isOutOfDescriptors } from './descriptor-reserve.ts';
import type { GuestOptions, GuestParts } from './guest.ts';
import { announcementLine, handshakeError, parseWelcome, readyLine } from './handshake.ts';
import { DEFAULT_NAME, ensureRuntimeDirectory, socketPath } from './runtime-directory.ts';

/** Milliseconds. */
const DEFAULT_TIMEOUT = 5000;

/** The guest's side of the handshake: one use, one page, one socket, all given back when it fails. */
export class Rendezvous<G extends { start(): void }> {
  readonly #options: GuestOptions<readonly MessageDefinition[]>;
  readonly #makeGuest: (parts: GuestParts<never>) => G;
  readonly #idle: IdleStrategy;
  readonly #pageName: string;
  readonly #nonce = randomBytes(PAGE_NONCE_BYTES);
  #page: NativePage | FilePage | undefined;
  #memory: DomainMemory | undefined;
  #events: OwnEvents | undefined;

  constructor(options: GuestOptions<readonly MessageDefinition[]>, makeGuest: (parts: GuestParts<never>) => G) {
    this.#options = options;
    this.#makeGuest = makeGuest;
    this.#idle = checkIdleStrategy(options.idle ?? DEFAULT_IDLE);
    this.#pageName = newPageName();
  }

  async meet(): Promise<G> {
    const { engine: asked, messages = [], timeout = DEFAULT_TIMEOUT } = this.#options;
    const name = this.#options.name ?? process.env.CTRL_IF_NAME ?? DEFAULT_NAME;
    const codec = createCodec(messages) as Codec;
    const { engine } = chooseEngine(asked);
    const socket = await connected(socketPath(ensureRuntimeDirectory(), name), name);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<G>((resolve, reject) => {
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
    const announcement = { page: this.#pageName, nonce: this.#nonce, owner: threadIdentity(), token };
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

  #enter(
    { domid, pid, thread, events: theirs }: ReturnType<typeof parseWelcome>,
    connection: Connection,
    codec: Codec,
  ): G {
    const directory = new PeerDirectory();
    const events = this.#events;
    return this.#makeGuest({
      domid,
      page: this.#page!,
      peerThread: thread,
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
