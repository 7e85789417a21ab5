import type { DeviceClass } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { type Clock, systemClock } from '../device/clock.ts';
import { typesOf } from '../device/wire.ts';
import type { Domain } from '../domain/domain.ts';
import { CtrlIfError } from '../errors.ts';
import type { AnyMessage } from '../link/codec.ts';
import type { Received } from '../link/received.ts';
import type { Codec } from '../wire/codec.ts';
import { CMSG_CONSOLE } from '../wire/constants.ts';
import { HEADER_BYTES, LENGTH_OFFSET, SUBTYPE_OFFSET, TYPE_OFFSET } from '../wire/layout.ts';
import type { MessageObservers } from './message-observers.ts';
import { SwitchClient } from './switch-client.ts';

/** A choice of requests of domains. */
export interface Match {
  /** 1 to 65535; default: any domain. */
  readonly domid?: number;
  /** The type of the messages, 0 to 255 (`CMSG_...`). */
  readonly type: number;
  /** 0 to 255; default: any subtype. */
  readonly subtype?: number;
}

interface Claim {
  readonly match: Match;
  readonly client: SwitchClient;
}

/**
 * Routes the requests of domains to clients, by domid, type and subtype. A request has one server and any number of watchers. The
 * original (PROTOCOL.md 4) limited neither the servers of a message nor the messages that wait for a watcher.
 */
export class ControlSwitch {
  /** @internal The messages of the machine. */
  readonly codec: Codec;
  /** @internal For the time limit of answers. */
  readonly clock: Clock;
  readonly #domains = new Map<number, Domain>();
  readonly #claims = new Set<Claim>();
  readonly #clients = new Set<SwitchClient>();
  readonly #takeBack = new Map<string, () => void>();
  readonly #observers: MessageObservers;
  /** The message types that the machine itself serves. */
  readonly #ownTypes: ReadonlySet<number>;

  /** @internal A machine creates its switch. */
  constructor(
    codec: Codec,
    observers: MessageObservers,
    clock: Clock = systemClock,
    classes: readonly DeviceClass[] = DEVICE_CLASSES,
  ) {
    this.#ownTypes = new Set([CMSG_CONSOLE, ...classes.flatMap(({ wire }) => [...typesOf(wire)])]);
    this.codec = codec;
    this.clock = clock;
    this.#observers = observers;
  }

  /** Creates a client. The caller closes it. */
  client(): SwitchClient {
    const client = new SwitchClient(this);
    this.#clients.add(client);
    return client;
  }

  /** @internal Called before the first message of the domain. */
  addDomain(domain: Domain): void {
    this.#domains.set(domain.domid, domain);
    domain.once('close', () => {
      this.#domains.delete(domain.domid);
      for (const client of this.#clients) client.domainEnded(domain.domid);
    });
    for (const type of new Set([...this.#claims].map(({ match }) => match.type))) this.#listen(domain, type);
  }

  /** @internal @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` if the machine or another client serves some of them */
  claim(client: SwitchClient, match: Match): () => void {
    const taken = [...this.#claims].some((claim) => overlaps(claim.match, match));
    if (taken || this.#ownTypes.has(match.type)) throw served(match);
    const claim = { client, match };
    this.#claims.add(claim);
    for (const domain of this.#domains.values()) this.#listen(domain, match.type);
    return () => this.#claims.delete(claim);
  }

  /** @internal Calls `see` with every matching request. Returns the function that stops it. */
  watch(match: Match, see: (domid: number, message: AnyMessage) => void): () => void {
    return this.#observers.observe((domid, { flow, direction, bytes }) => {
      if (flow !== 'request' || direction !== 'received') return;
      if (matches(match, domid, bytes[TYPE_OFFSET]!, bytes[SUBTYPE_OFFSET]!)) see(domid, this.#decode(bytes));
    });
  }

  /** @internal @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` if no such domain is connected */
  domain(domid: number): Domain {
    const found = this.#domains.get(domid);
    if (found) return found;
    throw new CtrlIfError('ERR_CTRL_IF_DOMAIN', `there is no domain ${domid}`, {
      advice: 'name one that is connected',
      domid,
    });
  }

  /** @internal Ends all that the client serves. */
  remove(client: SwitchClient): void {
    this.#clients.delete(client);
    for (const claim of this.#claims) if (claim.client === client) this.#claims.delete(claim);
  }

  /** Closes all clients. A machine does so when it closes. */
  close(): void {
    for (const client of [...this.#clients]) client.close();
  }

  #decode(bytes: Uint8Array): AnyMessage {
    // A copy, because the slot of the ring is used again.
    const slot = bytes.slice();
    try {
      return this.codec.decode(slot) as AnyMessage;
    } catch {
      // The machine answers such a message "not understood". Watchers get its bytes.
      return {
        name: 'UNKNOWN',
        type: slot[TYPE_OFFSET],
        subtype: slot[SUBTYPE_OFFSET],
        data: slot.slice(HEADER_BYTES, HEADER_BYTES + slot[LENGTH_OFFSET]!),
      };
    }
  }

  /** One receiver for each type of each domain. It stays when the server of the type changes. */
  #listen(domain: Domain, type: number): void {
    const key = `${domain.domid}/${type}`;
    if (this.#takeBack.has(key)) return;
    this.#takeBack.set(
      key,
      domain.receive(type, (message, request) => this.#route(domain.domid, message, request) as never),
    );
    domain.once('close', () => this.#takeBack.delete(key));
  }

  #route(domid: number, message: AnyMessage, request: Received): void {
    const { type, subtype } = request;
    const claim = [...this.#claims].find(({ match }) => matches(match, domid, type, subtype));
    if (!claim?.client.take(domid, message, request)) request.respondNotUnderstood();
  }
}

const same = (a: number | undefined, b: number | undefined): boolean => a === undefined || b === undefined || a === b;

const overlaps = (a: Match, b: Match): boolean =>
  a.type === b.type && same(a.domid, b.domid) && same(a.subtype, b.subtype);

const matches = (match: Match, domid: number, type: number, subtype: number): boolean =>
  overlaps(match, { domid, type, subtype });

function served({ type, subtype = 'any', domid = 'any' }: Partial<Record<keyof Match, number | string>>): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_RECEIVER_EXISTS',
    `type ${type}, subtype ${subtype} of domain ${domid} already has a server, at least in part`,
    { advice: 'watch it, or wait until its server has ended', received: { type, subtype, domid } },
  );
}
