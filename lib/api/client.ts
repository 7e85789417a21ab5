import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DeviceClass } from '../device/class.ts';
import { CtrlIfError } from '../errors.ts';
import { linesOf } from '../lines.ts';
import { aborted } from '../link/call.ts';
import {
  type CallOptions,
  type ConsoleOptions,
  type DomainReference,
  type LostEvents,
  type MachineEvent,
  MachineOperations,
  streams,
} from '../machine/operations.ts';
import type { Input, Operation } from '../schema/operation.ts';
import { ask, readJSONBody, unreachable } from './ask.ts';
import { ConsoleSocket } from './console-socket.ts';
import { apiPath } from './path.ts';
import { ApiSwitch } from './switch-socket.ts';

/** In bytes. An event is some hundred bytes long, and the last words of a domain are a few thousand. */
const LONGEST_EVENT = 1024 * 1024;

/**
 * A client of a machine's API, with the operations of the machine. An error of the machine arrives with its code and its details.
 * Each call opens a connection of its own. A call rejects with `ERR_CTRL_IF_NO_CONTROLLER` if no machine has its API at the path,
 * and with `ERR_CTRL_IF_CLOSED` if the connection ends before the answer.
 */
export class ApiClient extends MachineOperations {
  /** The path of the API's Unix-domain socket. */
  readonly path: string;

  /**
   * @param options the machine, by its `name` or by the `path` of its API; in `deviceClasses` the device classes that the machine
   *   has beside those of ctrl-if
   * @throws CtrlIfError `ERR_CTRL_IF_NAME`, or `ERR_CTRL_IF_RUNTIME_DIRECTORY` as {@link apiPath}
   */
  constructor(options: ({ name: string } | { path: string }) & { deviceClasses?: readonly DeviceClass[] }) {
    super(options.deviceClasses);
    this.path = 'path' in options ? options.path : apiPath(options.name);
  }

  override async call(name: string, input: Input, { signal }: CallOptions = {}): Promise<unknown> {
    if (signal?.aborted) throw aborted(signal);
    const operation = this.operations[name];
    if (!operation) throw noOperation(name);
    const request = {
      method: operation.method.toUpperCase(),
      path: addressOf(operation, input),
      body: input.body,
      ...(signal && { signal }),
    };
    try {
      return await readJSONBody((await ask(this.path, request)) as IncomingMessage, this.path);
    } catch (error) {
      throw signal?.aborted ? aborted(signal) : error;
    }
  }

  override async console(domain: DomainReference, options: ConsoleOptions = {}): Promise<Duplex> {
    const socket = await this.#upgrade(streams.console, { domain, ...options });
    return new ConsoleSocket(socket, this.path, options.linger !== undefined);
  }

  /**
   * Connects a client to the machine's switch.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_REQUEST` if the machine has no switch, `ERR_CTRL_IF_NO_CONTROLLER`, or `ERR_CTRL_IF_CLOSED`
   */
  async switch(): Promise<ApiSwitch> {
    return new ApiSwitch(await this.#upgrade(streams.switch, {}), this.path);
  }

  /** Subscribes at once, not at the first `next()`. If the machine cannot be reached, the first `next()` rejects. */
  override watch(): AsyncIterable<MachineEvent | LostEvents> {
    const abort = new AbortController();
    const { path } = streams.watch;
    const answer = ask(this.path, { method: 'GET', path, signal: abort.signal }) as Promise<IncomingMessage>;
    // The iteration reports the failure.
    answer.catch(() => {});
    return eventsOf(answer, abort, this.path);
  }

  async #upgrade(stream: typeof streams.console | typeof streams.switch, input: Input): Promise<Duplex> {
    const headers = { Connection: 'Upgrade', Upgrade: stream.upgrade };
    return (await ask(this.path, { method: 'GET', path: addressOf(stream, input), headers })) as Duplex;
  }
}

function noOperation(name: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_REQUEST', `there is no operation ${name}`, {
    advice: 'use one of the table of operations',
    expected: 'an operation of the table',
    received: name,
  });
}

function addressOf({ path, takes }: Pick<Operation, 'path' | 'takes'>, input: Input): string {
  const address = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(input[name])));
  const query = takes.filter(({ name, place }) => place === 'query' && input[name] !== undefined);
  if (query.length === 0) return address;
  return `${address}?${new URLSearchParams(Object.fromEntries(query.map(({ name }) => [name, String(input[name])])))}`;
}

async function* eventsOf(answer: Promise<IncomingMessage>, abort: AbortController, socketPath: string) {
  try {
    const response = await answer;
    for await (const lines of linesOf(response, { limit: LONGEST_EVENT, tooLong: 'ERR_CTRL_IF_PEER_PROTOCOL' })) {
      for (const line of lines) yield JSON.parse(line);
    }
  } catch (error) {
    throw isSystemError(error) ? unreachable(error, socketPath) : error;
  } finally {
    abort.abort();
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  const code = (error as { code?: unknown })?.code;
  return typeof code === 'string' && !code.startsWith('ERR_CTRL_IF_');
}
