import { CtrlIfError } from '../errors.ts';
import type { RequestOptions } from '../link/call.ts';
import type { AnyMessage } from '../link/codec.ts';
import type { Received } from '../link/received.ts';
import { BoundedQueue } from './bounded-queue.ts';
import type { LostEvents } from './operations.ts';
import type { ControlSwitch, Match } from './switch.ts';

/** A domain's request, as a client has it: `id` is the client's own and means nothing to another client. */
export interface SwitchedRequest {
  readonly id: number;
  readonly domid: number;
  readonly message: AnyMessage;
}

/** Requests that wait for a slow client at most: a watcher loses the oldest, a server's next ones are not understood. */
const QUEUE_LIMIT = 1024;
/** Microseconds to answer in, the original's 20 s: each request that waits takes one of the eight slots of its domain's ring. */
const ANSWER_TIMEOUT = 20_000_000;

interface Waiting {
  readonly domid: number;
  readonly request: Received;
  readonly cancelTimeout: () => void;
}

/** One who asks domains, and serves or watches what they ask. */
export class SwitchClient {
  readonly #switch: ControlSwitch;
  readonly #requests = new Map<number, Waiting>();
  readonly #serving: BoundedQueue<SwitchedRequest>;
  readonly #watching = new Set<BoundedQueue<SwitchedRequest>>();
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

  /** Sees what domains ask, whoever answers it, the machine included; the ids are those of nobody. */
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
   * Answers a request of {@link requests}; without fields: "not understood", which is also its answer after 20 s.
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
    this.#forget(id);
  }

  /** Asks a domain. Whoever else asks it, this response is this client's. */
  async request(domid: number, message: AnyMessage, options: RequestOptions = {}): Promise<AnyMessage> {
    return this.#switch.domain(domid).request(message as never, options) as Promise<AnyMessage>;
  }

  /** What it has not answered is not understood, and it serves and watches nothing any more. */
  close(): void {
    this.#switch.remove(this);
    for (const id of [...this.#requests.keys()]) this.respond(id);
    for (const queue of this.#watching) queue.end();
    this.#serving.end();
  }

  /** @internal False when too many wait for this client. */
  take(domid: number, message: AnyMessage, request: Received): boolean {
    if (this.#requests.size >= QUEUE_LIMIT) return false;
    const id = ++this.#lastId;
    request.defer();
    const cancelTimeout = this.#switch.clock.after(ANSWER_TIMEOUT, () => this.respond(id));
    this.#requests.set(id, { domid, request, cancelTimeout });
    this.#serving.push({ id, domid, message });
    return true;
  }

  /** @internal The domain has gone, and with it who waits for the answers. */
  lose(domid: number): void {
    for (const [id, waiting] of this.#requests) if (waiting.domid === domid) this.#forget(id);
  }

  #forget(id: number): void {
    this.#requests.get(id)!.cancelTimeout();
    this.#requests.delete(id);
  }
}
