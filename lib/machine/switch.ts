import type { Domain } from '../domain/domain.ts';
import { CtrlIfError } from '../errors.ts';
import type { AnyMessage } from '../link/codec.ts';
import type { Received } from '../link/received.ts';
import type { Codec } from '../wire/codec.ts';
import {
  CMSG_BLKIF_BE,
  CMSG_BLKIF_FE,
  CMSG_CONSOLE,
  CMSG_NETIF_BE,
  CMSG_NETIF_FE,
  CMSG_USBIF_BE,
  CMSG_USBIF_FE,
} from '../wire/constants.ts';
import { BoundedQueue } from './bounded-queue.ts';
import type { LostEvents } from './operations.ts';

/** Which requests of domains. What is left out is any. */
export interface Match {
  readonly domid?: number;
  readonly type: number;
  readonly subtype?: number;
}

/** A domain's request, as a client has it: `id` is the client's own and means nothing to another client. */
export interface SwitchedRequest {
  readonly id: number;
  readonly domid: number;
  readonly message: AnyMessage;
}

/** Requests that wait for a slow client at most: a watcher loses the oldest, a server's next ones are not understood. */
const QUEUE_LIMIT = 1024;
/** Served by the machine itself. */
const OWN_TYPES: readonly number[] = [
  CMSG_CONSOLE,
  CMSG_BLKIF_BE,
  CMSG_BLKIF_FE,
  CMSG_NETIF_BE,
  CMSG_NETIF_FE,
  CMSG_USBIF_BE,
  CMSG_USBIF_FE,
];

interface Claim {
  readonly match: Match;
  readonly client: SwitchClient;
}

/**
 * Brings what domains ask to whoever serves it, by domid, type and subtype: one server a message, any number of watchers
 * (PROTOCOL.md 4; the original had neither the one nor bounds for the other).
 */
export class ControlSwitch {
  /** @internal */
  readonly codec: Codec;
  readonly #domains = new Map<number, Domain>();
  readonly #claims = new Set<Claim>();
  readonly #clients = new Set<SwitchClient>();
  readonly #takeBack = new Map<string, () => void>();

  /** @internal */
  constructor(codec: Codec) {
    this.codec = codec;
  }

  client(): SwitchClient {
    const client = new SwitchClient(this);
    this.#clients.add(client);
    return client;
  }

  /** @internal Before any of its messages can come. */
  addDomain(domain: Domain): void {
    this.#domains.set(domain.domid, domain);
    domain.once('close', () => {
      this.#domains.delete(domain.domid);
      for (const client of this.#clients) client.lose(domain.domid);
    });
    for (const type of new Set([...this.#claims].map(({ match }) => match.type))) this.#listen(domain, type);
  }

  /** @internal @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` where another serves some of it */
  claim(client: SwitchClient, match: Match): () => void {
    const taken = [...this.#claims].some((claim) => overlaps(claim.match, match));
    if (taken || OWN_TYPES.includes(match.type)) throw served(match);
    const claim = { client, match };
    this.#claims.add(claim);
    for (const domain of this.#domains.values()) this.#listen(domain, match.type);
    return () => this.#claims.delete(claim);
  }

  /** @internal */
  domain(domid: number): Domain {
    const found = this.#domains.get(domid);
    if (found) return found;
    throw new CtrlIfError('ERR_CTRL_IF_DOMAIN', `there is no domain ${domid}; name one that is connected`, { domid });
  }

  /** @internal */
  remove(client: SwitchClient): void {
    this.#clients.delete(client);
    for (const claim of this.#claims) if (claim.client === client) this.#claims.delete(claim);
  }

  close(): void {
    for (const client of [...this.#clients]) client.close();
  }

  /** One receiver for each type of each domain, whoever serves it at the time. */
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
    for (const client of this.#clients) client.see(domid, type, subtype, message);
    const claim = [...this.#claims].find(({ match }) => matches(match, domid, type, subtype));
    if (!claim?.client.take(domid, message, request)) request.respondNotUnderstood();
  }
}

/** One who asks domains, and serves or watches what they ask. */
export class SwitchClient {
  readonly #switch: ControlSwitch;
  readonly #requests = new Map<number, { readonly domid: number; readonly request: Received }>();
  readonly #serving: BoundedQueue<SwitchedRequest>;
  readonly #watching = new Set<{ readonly match: Match; readonly queue: BoundedQueue<SwitchedRequest> }>();
  #lastId = 0;

  /** @internal Clients are made by {@link ControlSwitch.client}. */
  constructor(owner: ControlSwitch) {
    this.#switch = owner;
    this.#serving = new BoundedQueue(QUEUE_LIMIT);
  }

  /** What this client is to answer by {@link respond}, whatever it serves. */
  get requests(): AsyncIterableIterator<SwitchedRequest | LostEvents> {
    return this.#serving;
  }

  /**
   * From now on this client answers for it, alone. Returns the function that gives it up.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` where the machine or another client serves some of it
   */
  serve(match: Match): () => void {
    return this.#switch.claim(this, match);
  }

  /** Sees it, answered by whoever serves it; the ids are those of nobody. Watching begins when somebody serves the type. */
  watch(match: Match): AsyncIterableIterator<SwitchedRequest | LostEvents> {
    const watcher = {
      match,
      queue: new BoundedQueue<SwitchedRequest>(QUEUE_LIMIT, () => this.#watching.delete(watcher)),
    };
    this.#watching.add(watcher);
    return watcher.queue;
  }

  /**
   * Answers a request of {@link requests}; without fields: "not understood".
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ALREADY_ANSWERED` for an id that is none of this client's, or no more
   */
  respond(id: number, fields?: object): void {
    const found = this.#requests.get(id);
    if (!found) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_ALREADY_ANSWERED',
        `request ${id} is none that waits for an answer of this client: it has been answered, its domain has gone, or it is another's`,
        { received: id },
      );
    }
    if (fields) found.request.respond(fields);
    else found.request.respondNotUnderstood();
    this.#requests.delete(id);
  }

  /** Asks a domain. Whoever else asks it, this response is this client's. */
  async request(domid: number, message: AnyMessage): Promise<AnyMessage> {
    return this.#switch.domain(domid).request(message as never) as Promise<AnyMessage>;
  }

  /** What it has not answered is not understood, and it serves and watches nothing any more. */
  close(): void {
    this.#switch.remove(this);
    for (const id of [...this.#requests.keys()]) this.respond(id);
    for (const { queue } of this.#watching) queue.end();
    this.#serving.end();
  }

  /** @internal False when too many wait for this client. */
  take(domid: number, message: AnyMessage, request: Received): boolean {
    if (this.#requests.size >= QUEUE_LIMIT) return false;
    const id = ++this.#lastId;
    request.defer();
    this.#requests.set(id, { domid, request });
    this.#serving.push({ id, domid, message });
    return true;
  }

  /** @internal */
  see(domid: number, type: number, subtype: number, message: AnyMessage): void {
    for (const { match, queue } of this.#watching) {
      if (matches(match, domid, type, subtype)) queue.push({ id: 0, domid, message });
    }
  }

  /** @internal The domain has gone, and with it who waits for the answers. */
  lose(domid: number): void {
    for (const [id, waiting] of this.#requests) if (waiting.domid === domid) this.#requests.delete(id);
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
    `type ${type}, subtype ${subtype} of domain ${domid} is served already, at least in part: one serves it, others may watch`,
    { received: { type, subtype, domid } },
  );
}
