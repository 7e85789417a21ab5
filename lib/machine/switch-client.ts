import { CtrlIfError } from '../errors.ts';
import type { RequestOptions } from '../link/call.ts';
import type { AnyMessage } from '../link/codec.ts';
import type { Received } from '../link/received.ts';
import { BoundedQueue } from './bounded-queue.ts';
import type { LostEvents } from './operations.ts';
import type { ControlSwitch, Match } from './switch.ts';

/** A request of a domain, as one client of the switch receives it. */
export interface SwitchedRequest {
  /** For {@link SwitchClient.respond}. Each client has ids of its own. 0 for a request that is only watched. */
  readonly id: number;
  /** The domain that asks, 1 to 65535. */
  readonly domid: number;
  /** The decoded request. */
  readonly message: AnyMessage;
}

/** The most requests that wait for one client. Then a watcher misses the oldest, and further ones to serve are "not understood". */
const QUEUE_LIMIT = 1024;
/** Microseconds to answer in: 20 s, as in the original. Each request that waits takes one of the eight slots of its domain's ring. */
const ANSWER_TIMEOUT = 20_000_000;

interface Waiting {
  readonly domid: number;
  readonly request: Received;
  readonly cancelTimeout: () => void;
}

/** A client of the switch: it sends requests to domains, and serves or watches the requests of domains. */
export class SwitchClient {
  readonly #switch: ControlSwitch;
  readonly #requests = new Map<number, Waiting>();
  readonly #serving: BoundedQueue<SwitchedRequest>;
  readonly #watching = new Set<BoundedQueue<SwitchedRequest>>();
  #lastId = 0;

  /** @internal {@link ControlSwitch.client} creates clients. */
  constructor(owner: ControlSwitch) {
    this.#switch = owner;
    this.#serving = new BoundedQueue(QUEUE_LIMIT);
  }

  /** The requests that this client serves, for {@link respond}. Ends with {@link close}. */
  get requests(): AsyncIterableIterator<SwitchedRequest | LostEvents> {
    return this.#serving;
  }

  /**
   * Makes this client the only server of the matching requests. Returns the function that ends this.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` if the machine or another client serves some of them
   */
  serve(match: Match): () => void {
    return this.#switch.claim(this, match);
  }

  /** Watches the matching requests, also those that the machine or another client answers. Their ids are 0. `return()` ends it. */
  watch(match: Match): AsyncIterableIterator<SwitchedRequest | LostEvents> {
    const queue: BoundedQueue<SwitchedRequest> = new BoundedQueue(QUEUE_LIMIT, () => {
      this.#watching.delete(queue);
      stop();
    });
    const stop = this.#switch.watch(match, (domid, message) => queue.push({ id: 0, domid, message }));
    this.#watching.add(queue);
    return queue;
  }

  /**
   * Answers a request of {@link requests}. Without `fields` the answer is "not understood", which is also the answer after 20 s.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ALREADY_ANSWERED` if no request with that id waits for this client, `ERR_CTRL_IF_VALUE` if
   *   `fields` do not fit the message; the request then still waits
   */
  respond(id: number, fields?: object): void {
    const found = this.#requests.get(id);
    if (!found) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_ALREADY_ANSWERED',
        `no request ${id} waits for this client: it is answered already, its domain has ended, or it belongs to another client`,
        { received: id },
      );
    }
    if (fields) found.request.respond(fields);
    else found.request.respondNotUnderstood();
    this.#remove(id);
  }

  /**
   * Sends a request to a domain. Resolves with its response.
   *
   * @param domid 1 to 65535
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` if no such domain is connected, and the errors of a request over a link
   */
  async request(domid: number, message: AnyMessage, options: RequestOptions = {}): Promise<AnyMessage> {
    return this.#switch.domain(domid).request(message as never, options) as Promise<AnyMessage>;
  }

  /** Answers the requests that still wait with "not understood", and ends serving and watching. Idempotent. */
  close(): void {
    this.#switch.remove(this);
    for (const id of [...this.#requests.keys()]) this.respond(id);
    for (const queue of this.#watching) queue.end();
    this.#serving.end();
  }

  /** @internal Returns false if too many requests wait for this client. */
  take(domid: number, message: AnyMessage, request: Received): boolean {
    if (this.#requests.size >= QUEUE_LIMIT) return false;
    const id = ++this.#lastId;
    request.defer();
    const cancelTimeout = this.#switch.clock.after(ANSWER_TIMEOUT, () => this.respond(id));
    this.#requests.set(id, { domid, request, cancelTimeout });
    this.#serving.push({ id, domid, message });
    return true;
  }

  /** @internal The domain has ended. Its requests need no answer. */
  domainEnded(domid: number): void {
    for (const [id, waiting] of this.#requests) if (waiting.domid === domid) this.#remove(id);
  }

  #remove(id: number): void {
    this.#requests.get(id)!.cancelTimeout();
    this.#requests.delete(id);
  }
}
