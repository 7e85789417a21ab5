import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { CtrlIfError } from '../errors.ts';
import { LineSplitter } from '../lines.ts';
import type { AnyMessage } from '../link/codec.ts';
import { conforming } from '../machine/check.ts';
import { readJSON } from '../machine/json-source.ts';
import { streams } from '../machine/operations.ts';
import type { ControlSwitch } from '../machine/switch.ts';
import type { SwitchClient } from '../machine/switch-client.ts';
import type { Closing } from './closing.ts';
import { toProblem } from './problem.ts';
import { CALL, type Call, LONGEST_LINE, type SwitchMessage, type SwitchLine } from './switch-lines.ts';
import type { Upgrade } from './upgrade.ts';

/** The most requests to domains that one client has under way. At this number its next lines wait. */
const MOST_REQUESTS = 64;

/** Makes a socket a client of the machine's switch. The client ends with the socket. */
export function switchUpgrade(control: ControlSwitch | undefined): Upgrade {
  return {
    ...streams.switch,
    async open() {
      if (!control) throw new CtrlIfError('ERR_CTRL_IF_REQUEST', 'this machine has no switch for clients of its API');
      const client = control.client();
      return {
        join: (socket, closing) => new SwitchConnection(control, client, socket).run(closing),
        giveBack: () => client.close(),
      };
    },
  };
}

class SwitchConnection {
  readonly #codec: ControlSwitch['codec'];
  readonly #client: SwitchClient;
  readonly #socket: Duplex;
  /** The functions that end what a call has begun, by the number of that call. */
  readonly #served = new Map<number, () => void>();
  readonly #watched = new Map<number, () => void>();
  readonly #underWay = new Set<Promise<void>>();

  constructor({ codec }: ControlSwitch, client: SwitchClient, socket: Duplex) {
    this.#codec = codec;
    this.#client = client;
    this.#socket = socket;
  }

  run(closing: Closing): void {
    const cancel = closing.onClose(() => this.#socket.destroy());
    this.#socket.once('close', () => {
      cancel();
      this.#client.close();
    });
    this.#pass().catch(() => this.#socket.destroy());
    this.#read().catch(() => this.#socket.destroy());
  }

  /** Sends the requests that the client serves, no faster than it reads them. */
  async #pass(): Promise<void> {
    for await (const request of this.#client.requests) {
      if ('kind' in request) await this.#send({ lost: { count: request.count } });
      else {
        const { id, domid, message } = request;
        await this.#send({ request: { id, domid, message: this.#toJSON(message) } });
      }
    }
  }

  async #read(): Promise<void> {
    const lines = new LineSplitter(LONGEST_LINE);
    for await (const chunk of this.#socket) {
      lines.push(chunk);
      for (let line = lines.next(); line !== undefined; line = lines.next()) {
        if (line.trim() !== '') await this.#take(line);
      }
      if (!lines.isTooLong) continue;
      await this.#send({ problem: toProblem(lines.tooLong('ERR_CTRL_IF_REQUEST')) });
      break;
    }
    this.#socket.destroy();
  }

  async #take(line: string): Promise<void> {
    let call: Call | undefined;
    try {
      call = conforming<Call>(CALL, readJSON(line, 'the line'));
      if (call.request) await this.#request(call.call, call.request);
      else {
        this.#do(call);
        await this.#send({ call: call.call });
      }
    } catch (error) {
      await this.#send({ ...(call && { call: call.call }), problem: toProblem(error) });
    }
  }

  #do({ call, serve, watch, unserve, unwatch, respond }: Call): void {
    if (serve) this.#served.set(call, this.#client.serve(serve));
    else if (watch) this.#watch(call, watch);
    else if (unserve !== undefined) end(this.#served, unserve);
    else if (unwatch !== undefined) end(this.#watched, unwatch);
    else if (respond) this.#client.respond(respond.id, respond.message && this.#fromJSON(respond.message));
    else
      throw new CtrlIfError(
        'ERR_CTRL_IF_REQUEST',
        `call ${call} says nothing to do; give one of serve, unserve, watch, unwatch, request and respond`,
      );
  }

  #watch(call: number, match: NonNullable<Call['watch']>): void {
    const watching = this.#client.watch(match);
    this.#watched.set(call, () => void watching.return?.());
    const pass = async () => {
      for await (const seen of watching) {
        if ('kind' in seen) await this.#send({ lost: { watch: call, count: seen.count } });
        else await this.#send({ seen: { watch: call, domid: seen.domid, message: this.#toJSON(seen.message) } });
      }
    };
    pass().catch(() => this.#socket.destroy());
  }

  /** Resolves when the next call may begin, not when this one is answered. */
  async #request(call: number, { domid, message }: NonNullable<Call['request']>): Promise<void> {
    const answered = this.#client.request(domid, this.#fromJSON(message)).then(
      (response) => this.#send({ call, message: this.#toJSON(response) }),
      (error) => this.#send({ call, problem: toProblem(error) }),
    );
    const done = answered.catch(() => {}).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
    if (this.#underWay.size >= MOST_REQUESTS) await Promise.race(this.#underWay);
  }

  async #send(line: SwitchLine): Promise<void> {
    if (!this.#socket.writable || this.#socket.write(`${JSON.stringify(line)}\n`)) return;
    // One promise for all that wait. A destroyed socket never drains.
    this.#drained ??= Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]).finally(() => {
      this.#drained = undefined;
    });
    await this.#drained;
  }
  #drained: Promise<unknown> | undefined;

  #toJSON(message: AnyMessage): SwitchMessage {
    const { id: _, ...rest } = this.#codec.toJSON(message as never);
    return rest as SwitchMessage;
  }

  #fromJSON(message: SwitchMessage): AnyMessage {
    return this.#codec.fromJSON(message).message as AnyMessage;
  }
}

function end(begun: Map<number, () => void>, call: number): void {
  const stop = begun.get(call);
  if (!stop)
    throw new CtrlIfError(
      'ERR_CTRL_IF_REQUEST',
      `no call ${call} can be ended; the calls that can are: ${[...begun.keys()].join(', ') || 'none'}`,
    );
  begun.delete(call);
  stop();
}
