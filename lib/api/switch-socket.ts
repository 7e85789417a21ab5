import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import { linesOf } from '../lines.ts';
import { BoundedQueue } from '../machine/bounded-queue.ts';
import type { LostEvents } from '../machine/operations.ts';
import type { Match } from '../machine/switch.ts';
import { unreachable } from './ask.ts';
import { fromProblem } from './problem.ts';
import { type Call, LONGEST_LINE, type SwitchMessage, type Told } from './switch-lines.ts';

/** A domain's request as this client has it; `id` means nothing to another client. */
export interface SwitchRequest {
  readonly id: number;
  readonly domid: number;
  readonly message: SwitchMessage;
}

/** As many as the switch lets wait for one client. */
const QUEUE_LIMIT = 1024;

/**
 * A client of a machine's switch, over its API: it serves what domains ask, watches, and asks domains. Messages are as JSON has
 * them. Its end is the end of all that it serves: what it has not answered is "not understood".
 */
export class ApiSwitch implements AsyncDisposable {
  readonly #socket: Duplex;
  readonly #path: string;
  readonly #calls = new Map<number, { resolve: (told: Told) => void; reject: (error: Error) => void }>();
  readonly #requests = new BoundedQueue<SwitchRequest>(QUEUE_LIMIT);
  /** What waits for an answer, which is the request's message with its OUT fields filled in. */
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

  /** What this client is to answer by {@link respond}. Ends with the connection. */
  get requests(): AsyncIterableIterator<SwitchRequest | LostEvents> {
    return this.#requests;
  }

  /** From now on this client answers for it, alone. Resolves with the function that gives it up. */
  async serve(match: Match): Promise<() => Promise<void>> {
    const call = await this.#call({ serve: match });
    return async () => {
      await this.#call({ unserve: call.number });
    };
  }

  /** Sees what domains ask, whoever answers it. Ids are 0. Returning the iterator ends it. */
  async watch(match: Match): Promise<AsyncIterableIterator<SwitchRequest | LostEvents>> {
    const number = this.#last + 1;
    const queue = new BoundedQueue<SwitchRequest>(QUEUE_LIMIT, () => {
      if (this.#watching.delete(number)) this.#call({ unwatch: number }).catch(() => {});
    });
    // Before the answer: the first may come with it.
    this.#watching.set(number, queue);
    try {
      await this.#call({ watch: match });
    } catch (error) {
      this.#watching.delete(number);
      throw error;
    }
    return queue;
  }

  /** Answers with the request's own fields, overwritten by `fields`; without: "not understood". */
  async respond(id: number, fields?: Readonly<Record<string, string | number>>): Promise<void> {
    const message = this.#open.get(id);
    try {
      await this.#call({ respond: { id, ...(fields && message && { message: { ...message, ...fields } }) } });
    } catch (error) {
      // Any other may be answered again, with what fits.
      if ((error as CtrlIfError).code === 'ERR_CTRL_IF_ALREADY_ANSWERED') this.#open.delete(id);
      throw error;
    }
    this.#open.delete(id);
  }

  /** Asks a domain; resolves with its response. */
  async request(domid: number, message: SwitchMessage): Promise<SwitchMessage> {
    const { told } = await this.#call({ request: { domid, message } });
    return told.message!;
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call(call: Omit<Call, 'call'>): Promise<{ number: number; told: Told }> {
    const number = ++this.#last;
    if (this.#failure) throw this.#failure;
    const told = await new Promise<Told>((resolve, reject) => {
      this.#calls.set(number, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ call: number, ...call } satisfies Call)}\n`);
    });
    return { number, told };
  }

  async #read(): Promise<void> {
    for await (const lines of linesOf(this.#socket, { limit: LONGEST_LINE, tooLong: 'ERR_CTRL_IF_PEER_PROTOCOL' })) {
      for (const line of lines) if (line.trim() !== '') this.#hear(JSON.parse(line) as Told);
    }
  }

  #hear(told: Told): void {
    const { call, problem, request, seen, lost } = told;
    if (request) {
      this.#open.set(request.id, request.message);
      // No more can wait at the switch, which gives up on the oldest first.
      if (this.#open.size > QUEUE_LIMIT) this.#open.delete(this.#open.keys().next().value!);
      this.#requests.push(request);
    } else if (seen) this.#watching.get(seen.watch)?.push({ id: 0, domid: seen.domid, message: seen.message });
    else if (lost) (lost.watch === undefined ? this.#requests : this.#watching.get(lost.watch))?.lose(lost.count);
    else if (call !== undefined) {
      const waiting = this.#calls.get(call);
      this.#calls.delete(call);
      if (problem) waiting?.reject(fromProblem(problem, problem.status));
      else waiting?.resolve(told);
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
