import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import { linesOf } from '../lines.ts';
import { BoundedQueue } from '../machine/bounded-queue.ts';
import type { LostEvents } from '../machine/operations.ts';
import type { Match } from '../machine/switch.ts';
import { unreachable } from './ask.ts';
import { fromProblem } from './problem.ts';
import { type Call, LONGEST_LINE, type SwitchMessage, type SwitchLine } from './switch-lines.ts';

/** A request of a domain, as one client of the switch receives it. */
export interface SwitchRequest {
  /** For {@link ApiSwitch.respond}. Each client has ids of its own. 0 for a request that is only watched. */
  readonly id: number;
  /** The domain that asks, 1 to 65535. */
  readonly domid: number;
  /** The request with its fields, in JSON's terms. */
  readonly message: SwitchMessage;
}

/** The number of requests that the switch lets wait for one client. */
const QUEUE_LIMIT = 1024;

/**
 * A client of a machine's switch, over the machine's API. It serves requests of domains, watches them, and sends requests to
 * domains. When its connection ends, the switch answers the requests that wait for it with "not understood".
 *
 * Calls reject with `ERR_CTRL_IF_CLOSED` when the connection has ended.
 */
export class ApiSwitch implements AsyncDisposable {
  readonly #socket: Duplex;
  readonly #path: string;
  readonly #calls = new Map<number, { resolve: (answer: SwitchLine) => void; reject: (error: Error) => void }>();
  readonly #requests = new BoundedQueue<SwitchRequest>(QUEUE_LIMIT);
  /** The requests that wait for an answer, by id. An answer is the message of its request with the OUT fields filled in. */
  readonly #open = new Map<number, SwitchMessage>();
  readonly #watching = new Map<number, BoundedQueue<SwitchRequest>>();
  #last = 0;
  #failure: Error | undefined;

  /** @internal See `ApiClient.switch`. */
  constructor(socket: Duplex, path: string) {
    this.#socket = socket;
    this.#path = path;
    socket.on('error', () => {});
    this.#read().then(
      () => this.#end(this.#closed()),
      (error) => this.#end(error instanceof CtrlIfError ? error : unreachable(error as Error, path)),
    );
  }

  /**
   * The requests that this client serves, for {@link respond}. Ends with the connection. A slow reader misses the oldest and gets
   * their number.
   */
  get requests(): AsyncIterableIterator<SwitchRequest | LostEvents> {
    return this.#requests;
  }

  /**
   * Makes this client the only server of the matching requests. Resolves with the function that ends this.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` if the machine or another client serves some of them
   */
  async serve(match: Match): Promise<() => Promise<void>> {
    const call = await this.#call({ serve: match });
    return async () => {
      await this.#call({ unserve: call.number });
    };
  }

  /** Watches the matching requests of domains, also those that the machine or another client answers. Their ids are 0. `return()` ends it. */
  async watch(match: Match): Promise<AsyncIterableIterator<SwitchRequest | LostEvents>> {
    const number = this.#last + 1;
    const queue = new BoundedQueue<SwitchRequest>(QUEUE_LIMIT, () => {
      if (this.#watching.delete(number)) this.#call({ unwatch: number }).catch(() => {});
    });
    // Before the call: the first request may arrive together with the answer.
    this.#watching.set(number, queue);
    try {
      await this.#call({ watch: match });
    } catch (error) {
      this.#watching.delete(number);
      throw error;
    }
    return queue;
  }

  /**
   * Answers a request with its own fields, overwritten by `fields`. Without `fields` the answer is "not understood".
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ALREADY_ANSWERED` if no request with that id waits for this client, `ERR_CTRL_IF_VALUE` if
   *   `fields` do not fit the message; the request then still waits
   */
  async respond(id: number, fields?: Readonly<Record<string, string | number>>): Promise<void> {
    const message = this.#open.get(id);
    try {
      await this.#call({ respond: { id, ...(fields && message && { message: { ...message, ...fields } }) } });
    } catch (error) {
      // After any other error the request still waits for an answer that fits.
      if ((error as CtrlIfError).code === 'ERR_CTRL_IF_ALREADY_ANSWERED') this.#open.delete(id);
      throw error;
    }
    this.#open.delete(id);
  }

  /**
   * Sends a request to a domain. Resolves with its response.
   *
   * @param domid 1 to 65535
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` if no such domain is connected, `ERR_CTRL_IF_UNKNOWN_MESSAGE`,
   *   `ERR_CTRL_IF_NOT_UNDERSTOOD`, or the error with which the link to the domain has ended
   */
  async request(domid: number, message: SwitchMessage): Promise<SwitchMessage> {
    const { answer } = await this.#call({ request: { domid, message } });
    return answer.message!;
  }

  /** Closes the connection. Idempotent. */
  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call(call: Omit<Call, 'call'>): Promise<{ number: number; answer: SwitchLine }> {
    const number = ++this.#last;
    if (this.#failure) throw this.#failure;
    const answer = await new Promise<SwitchLine>((resolve, reject) => {
      this.#calls.set(number, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ call: number, ...call } satisfies Call)}\n`);
    });
    return { number, answer };
  }

  async #read(): Promise<void> {
    for await (const lines of linesOf(this.#socket, { limit: LONGEST_LINE, tooLong: 'ERR_CTRL_IF_PEER_PROTOCOL' })) {
      for (const line of lines) if (line.trim() !== '') this.#take(JSON.parse(line) as SwitchLine);
    }
  }

  #take(line: SwitchLine): void {
    const { call, problem, request, seen, lost } = line;
    if (request) {
      this.#open.set(request.id, request.message);
      // No more can wait at the switch: the oldest has timed out there.
      if (this.#open.size > QUEUE_LIMIT) this.#open.delete(this.#open.keys().next().value!);
      this.#requests.push(request);
    } else if (seen) this.#watching.get(seen.watch)?.push({ id: 0, domid: seen.domid, message: seen.message });
    else if (lost) (lost.watch === undefined ? this.#requests : this.#watching.get(lost.watch))?.addLost(lost.count);
    else if (call !== undefined) {
      const waiting = this.#calls.get(call);
      this.#calls.delete(call);
      if (problem) waiting?.reject(fromProblem(problem, problem.status));
      else waiting?.resolve(line);
    }
  }

  #end(failure: Error): void {
    this.#failure = failure;
    for (const { reject } of this.#calls.values()) reject(failure);
    this.#calls.clear();
    this.#requests.end();
    const watching = [...this.#watching.values()];
    this.#watching.clear();
    for (const queue of watching) queue.end();
  }

  #closed(): CtrlIfError {
    return new CtrlIfError(
      'ERR_CTRL_IF_CLOSED',
      `the switch behind ${this.#path} is closed, by this client or by its machine`,
      {
        subject: this.#path,
      },
    );
  }
}
