import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { CtrlIfError } from '../errors.ts';
import type { OwnEvents } from '../event-channel/own-events.ts';
import { PeerEvents, PeerPort } from '../event-channel/peer-events.ts';
import { CONTROLLER_DOMID } from '../event-channel/registry.ts';
import type { DomainLoop } from '../link/wait/domain-loop.ts';
import type { IdleStrategy } from '../link/wait/idle-strategy.ts';
import { openControlPage, writeDomid, writeIdentity } from '../page/control-page.ts';
import { unlinkPage } from '../page/name.ts';
import type { NamedEngine } from '../page/page.ts';
import { threadIdentity } from '../page/process-identity.ts';
import type { Codec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { CONTROL_PORT } from '../wire/page.ts';
import { type ChannelExchange, remoteMember } from './channel-exchange.ts';
import { Connection, type ConnectionEvents, DEAF } from './connection.ts';
import { DESCRIBE, type DefinitionComparison, type Definitions } from './definitions.ts';
import { type DescriptorReserve, isOutOfDescriptors } from './descriptor-reserve.ts';
import { Domain } from './domain.ts';
import {
  type Announcement,
  handshakeError,
  parseAnnouncement,
  parseReady,
  type Ready,
  refusalLine,
  welcomeLine,
} from './handshake.ts';
import type { MemoryExchange } from './memory-exchange.ts';

/** The part of the controller that an admission uses. */
export interface AdmissionHost<User extends MessageDefinition> {
  /** The controller's name, for errors. */
  readonly name: string;
  readonly engine: NamedEngine;
  readonly codec: Codec<User>;
  readonly definitions: Definitions;
  readonly idle: IdleStrategy;
  readonly loop: DomainLoop;
  /** The controller's own ports; undefined where guests notify it over the socket. */
  readonly events: OwnEvents | undefined;
  readonly exchange: ChannelExchange;
  readonly memories: MemoryExchange;
  readonly reserve: DescriptorReserve;
  /** The admitted domains by domid. An admission adds its domain, and removes it when the domain closes. */
  readonly domains: Map<number, Domain<User>>;
  /** Returns a domid that no domain has. */
  nextDomid(): number;
  /** The handshake is over: the peer is admitted or refused, or its socket has closed. */
  onSettled(admission: Admission<User>): void;
  /** The domain is connected. None of its messages has been taken yet. */
  onDomain(domain: Domain<User>): void;
  onRefused(error: CtrlIfError): void;
}

/** The time that a peer has for its lines of the handshake, in milliseconds. */
const HANDSHAKE_TIMEOUT = 5000;

/**
 * The controller's side of the handshake with one peer. The peer sends its lines in the order of `handshake.ts`, the controller maps
 * and checks its page, and the peer becomes a domain. A peer that breaks a rule is refused, with the reason.
 */
export class Admission<User extends MessageDefinition> implements ConnectionEvents {
  readonly connection: Connection;
  readonly #host: AdmissionHost<User>;
  readonly #timer: NodeJS.Timeout;
  #announced: Announcement | undefined;
  #ready: Ready | undefined;
  #comparison: DefinitionComparison | undefined;

  constructor(host: AdmissionHost<User>, socket: Socket) {
    this.#host = host;
    this.connection = new Connection(socket, this);
    const late = `did not present itself within ${HANDSHAKE_TIMEOUT} ms`;
    this.#timer = setTimeout(() => this.#refuse(handshakeError(late, 'an announcement', 'silence')), HANDSHAKE_TIMEOUT);
    // The connection decides whether the process stays alive.
    this.#timer.unref();
  }

  onDoorbell(): void {}

  onGarbage(received: string): void {
    this.#refuse(handshakeError(`sent ${received}`, 'a line of JSON', received));
  }

  onClose(): void {
    this.#settle();
    this.#unlinkAnnounced();
  }

  onLine(line: Record<string, unknown>): void {
    try {
      if (this.#isPresented(line)) this.#admit(this.#announced!, this.#ready!);
    } catch (error) {
      this.#refuse(isOutOfDescriptors(error) ? outOfDescriptors(this.#host, error) : (error as CtrlIfError));
    }
  }

  /** Takes a line of the handshake. Returns whether it was the last one. Throws the error with which the peer is refused. */
  #isPresented(line: Record<string, unknown>): boolean {
    if (!this.#announced) {
      this.#announced = parseAnnouncement(line);
      return false;
    }
    if (!this.#ready) {
      this.#ready = parseReady(line, this.#announced.owner);
      this.#comparison = this.#host.definitions.compareWith(this.#announced.definitions);
      if (!this.#comparison) return true;
      this.connection.post(DESCRIBE);
      return false;
    }
    if (!this.#comparison!.take(line)) return false;
    if (this.#comparison!.error) throw this.#comparison!.error;
    return true;
  }

  /** The guest may have died before it unlinked its page. A name that cannot be unlinked is not a page of the guest. */
  #unlinkAnnounced(): void {
    if (!this.#announced) return;
    try {
      unlinkPage(this.#announced.page);
    } catch (error) {
      this.#host.onRefused(error as CtrlIfError);
    }
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#host.onSettled(this);
  }

  #refuse(refusal: CtrlIfError): void {
    this.#settle();
    this.connection.events = DEAF;
    this.#unlinkAnnounced();
    this.connection.end(refusalLine(refusal));
    this.#host.onRefused(refusal);
  }

  #admit(announced: Announcement, ready: Ready): void {
    this.#settle();
    const host = this.#host;
    const page = openAnnounced(host, announced);
    const domid = host.nextDomid();
    const { owner, token } = announced;
    const address = ready.events && { pid: owner.pid, ...ready.events };
    let peer: PeerEvents | undefined;
    try {
      writeIdentity(page, 'controller');
      writeDomid(page, domid);
      if (host.events && address && page.eventPage) peer = PeerEvents.ifReachable(page.eventPage, address);
      const port = peer && host.exchange.allocateControl(domid);
      const domain = new Domain<User>({
        pid: owner.pid,
        token,
        hasMemory: ready.memory !== undefined,
        domid,
        page,
        peerThread: owner.thread,
        connection: this.connection,
        codec: host.codec,
        loop: host.loop,
        idle: host.idle,
        peerPort: peer && new PeerPort(peer, CONTROL_PORT),
        ownPort: port === undefined ? undefined : { events: host.events!, port },
      });
      host.domains.set(domid, domain);
      if (address && peer) host.exchange.join(domid, remoteMember(address, domain.controlSocket));
      host.exchange.serve(domid, domain.controlSocket);
      host.memories.join(domid, { identity: owner, memory: ready.memory, controlSocket: domain.controlSocket });
      leaveOnClose(host, domain, port);
      const ours = port === undefined ? undefined : { ...host.events!.descriptors, port };
      this.connection.post(welcomeLine({ domid, controller: threadIdentity(), events: ours }));
      host.onDomain(domain);
      // Code that awaits the `domain` event runs first and registers its receivers and listeners.
      setImmediate(() => domain.start());
    } catch (error) {
      if (!host.domains.has(domid)) {
        peer?.close();
        page.unmap();
      }
      throw error;
    } finally {
      host.reserve.settle();
    }
  }
}

/** Maps and checks the page that the peer announced, and unlinks its name. */
function openAnnounced<User extends MessageDefinition>(
  host: AdmissionHost<User>,
  { page, nonce, owner }: Announcement,
) {
  try {
    if (!host.reserve.settle()) throw outOfDescriptors(host);
    return openControlPage(page, { nonce, owner }, host.engine);
  } finally {
    unlinkPage(page);
  }
}

/** Not a method, so that its closure does not keep the lines of the handshake as long as the domain lives. */
function leaveOnClose<User extends MessageDefinition>(
  { domains, exchange, memories }: AdmissionHost<User>,
  domain: Domain<User>,
  port: number | undefined,
): void {
  const { domid } = domain;
  domain.once('close', (error) => {
    domains.delete(domid);
    exchange.leave(domid, error ? 'died' : 'closed');
    memories.leave(domid, error ? 'died' : 'closed');
    if (port !== undefined) exchange.close(CONTROLLER_DOMID, port);
  });
}

function outOfDescriptors({ name }: { readonly name: string }, cause?: unknown): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DESCRIPTORS',
    `controller ${name} (process ${process.pid}) has as many descriptors as it may and takes no more guests`,
    { advice: 'close some there, or raise its limit (ulimit -n)', subject: name, cause },
  );
}
