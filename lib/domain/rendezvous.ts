import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { CtrlIfError } from '../errors.ts';
import { OwnEvents } from '../event-channel/own-events.ts';
import { PeerDirectory } from '../event-channel/peer-directory.ts';
import { type EventsAddress, PeerPort } from '../event-channel/peer-events.ts';
import { aborted } from '../link/call.ts';
import { DomainLoop } from '../link/wait/domain-loop.ts';
import { DomainMemory } from '../memory/domain-memory.ts';
import { engineNamed } from '../page/choose-engine.ts';
import { createControlPage, markControlPage } from '../page/control-page.ts';
import { segmentAddress } from '../page/foreign-segment.ts';
import { newPageName, unlinkPage } from '../page/name.ts';
import type { NamedPage } from '../page/page.ts';
import { threadIdentity } from '../page/process-identity.ts';
import { CONTROL_PORT, PAGE_NONCE_BYTES } from '../wire/page.ts';
import { Connection, DEAF } from './connection.ts';
import { isOutOfDescriptors } from './descriptor-reserve.ts';
import type { GuestParts } from './guest.ts';
import type { ConnectSettings } from './guest-options.ts';
import { announcementLine, handshakeError, parseWelcome, readyLine } from './handshake.ts';
import { ensureRuntimeDirectory, socketPath } from './runtime-directory.ts';

/** The guest's side of one handshake. When it fails, its page, memory and socket are released. */
export class Rendezvous<G extends { start(): void }> {
  readonly #settings: ConnectSettings;
  readonly #makeGuest: (parts: GuestParts<never>) => G;
  readonly #pageName: string;
  readonly #nonce = randomBytes(PAGE_NONCE_BYTES);
  #page: NamedPage | undefined;
  #memory: DomainMemory | undefined;
  #events: OwnEvents | undefined;
  #described = false;
  #isOver = false;

  constructor(settings: ConnectSettings, makeGuest: (parts: GuestParts<never>) => G) {
    this.#settings = settings;
    this.#makeGuest = makeGuest;
    this.#pageName = newPageName();
  }

  async meet(): Promise<G> {
    const { name, timeout, signal } = this.#settings;
    const socket = await connected(socketPath(ensureRuntimeDirectory(), name), name, signal);
    let timer: NodeJS.Timeout | undefined;
    let onAbort = (): void => {};
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
        onAbort = () => reject(givenUp(signal!, name));
        signal?.addEventListener('abort', onAbort, { once: true });
        const refuse = (error: unknown) => {
          // A welcome in the rest of the chunk must not make a guest, because the page is unmapped.
          connection.events = DEAF;
          reject(error);
        };
        const connection = new Connection(socket, {
          onDoorbell: () => {},
          onGarbage: (received) => refuse(handshakeError(`sent ${received}`, 'a line of JSON', received)),
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
              if (line.describe === true) {
                this.#describe(connection);
                return;
              }
              // Within this call, so that the guest gets the lines that follow in the same chunk.
              const guest = this.#enter(parseWelcome(line), connection);
              resolve(guest);
              // The caller's code after `await` runs first and registers its receivers and listeners.
              setImmediate(() => guest.start());
            } catch (error) {
              refuse(error);
            }
          },
        });
        this.#present(connection).catch(reject);
      });
    } catch (error) {
      this.#isOver = true;
      socket.destroy();
      this.#events?.close();
      this.#page?.unmap();
      this.#memory?.unmap();
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      // Both ends have mapped the page, or the handshake has failed.
      unlinkPage(this.#pageName);
    }
  }

  async #present(connection: Connection): Promise<void> {
    const { fingerprint: definitions } = this.#settings.definitions;
    const token = process.env.CTRL_IF_DOMAIN_TOKEN;
    const announcement = { page: this.#pageName, nonce: this.#nonce, owner: threadIdentity(), token, definitions };
    const isAnnounced = await connection.send(announcementLine(announcement));
    // After a failure no page must be created, because no code would release it.
    if (!isAnnounced || this.#isOver) return;
    const page = this.#createPage();
    const descriptor = this.#memory?.segment.fd;
    if (page.eventPage) this.#events = OwnEvents.ifSupported(page.eventPage, descriptor);
    const memory = descriptor === undefined ? undefined : segmentAddress(descriptor);
    await connection.send(readyLine({ events: this.#events?.descriptors, memory }));
  }

  /** Sends all definitions of this guest, once. */
  #describe(connection: Connection): void {
    if (this.#described) throw handshakeError('asked for the definitions twice', 'welcome', 'describe');
    this.#described = true;
    for (const line of this.#settings.definitions.lines()) connection.post(line);
  }

  #createPage(): NamedPage {
    const { memory: asked, engine } = this.#settings;
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

  #enter({ domid, pid, thread, events: theirs }: ReturnType<typeof parseWelcome>, connection: Connection): G {
    const directory = new PeerDirectory(engineNamed(this.#settings.engine));
    const events = this.#events;
    return this.#makeGuest({
      domid,
      page: this.#page!,
      peerThread: thread,
      connection,
      codec: this.#settings.codec,
      loop: new DomainLoop(events),
      idle: this.#settings.idle,
      peerPort: events && theirs && portOf(directory, { pid, ...theirs }),
      ownPort: events && { events, port: CONTROL_PORT },
      directory,
      memory: this.#memory,
    });
  }
}

/** The controller's port for this guest; undefined when its descriptors cannot be reached, as between PID namespaces. */
function portOf(directory: PeerDirectory, { port, ...address }: EventsAddress & { port: number }) {
  const peer = directory.openIfReachable(address);
  return peer && new PeerPort(peer, port);
}

const givenUp = (signal: AbortSignal, name: string): CtrlIfError => aborted(signal, `connecting to controller ${name}`);

function connected(path: string, name: string, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const onAbort = () => {
      socket.destroy();
      reject(givenUp(signal!, name));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const onError = (cause: NodeJS.ErrnoException) => {
      signal?.removeEventListener('abort', onAbort);
      if (isOutOfDescriptors(cause)) {
        const none =
          'no descriptor left for a socket: this process has as many as it may (ulimit -n); close some or raise the limit';
        reject(new CtrlIfError('ERR_CTRL_IF_DESCRIPTORS', none, { subject: name, cause }));
        return;
      }
      reject(
        new CtrlIfError('ERR_CTRL_IF_NO_CONTROLLER', `no controller called ${name} answers at ${path}`, {
          advice: `start one (ctrl-if controller --name ${name}), or name the one that runs`,
          subject: name,
          cause,
        }),
      );
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      resolve(socket);
    });
  });
}
