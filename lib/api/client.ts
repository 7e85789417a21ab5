import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { linesOf } from '../lines.ts';
import { aborted } from '../link/call.ts';
import type {
  ConsoleOptions,
  DeviceClass,
  DeviceInfo,
  DiskConfig,
  DomainConfig,
  DomainEnd,
  DomainInfo,
  DomainReference,
  DomainState,
  MachineEvent,
  MachineOperations,
  MemoryInfo,
  ShutdownOptions,
  UsbConfig,
  VifConfig,
  WaitOptions,
} from '../machine/operations.ts';
import { ask, readJSONBody, unreachable } from './ask.ts';
import { ConsoleSocket } from './console-socket.ts';
import { apiPath } from './path.ts';
import { CONSOLE_PROTOCOL, EVENTS_PATH, SWITCH_PATH, SWITCH_PROTOCOL } from './routes.ts';
import { ApiSwitch } from './switch-socket.ts';

/** In bytes; an event is some hundred, and what a domain said last a few thousand. */
const LONGEST_EVENT = 1024 * 1024;

/** A machine behind its API: the same operations, and its errors as they were there. Each call is a connection. */
export class ApiClient implements MachineOperations {
  readonly path: string;

  constructor(options: { name: string } | { path: string }) {
    this.path = 'path' in options ? options.path : apiPath(options.name);
  }

  create(config: DomainConfig): Promise<DomainInfo> {
    return this.#do('POST', '/domains', config);
  }

  list(): Promise<readonly DomainInfo[]> {
    return this.#do('GET', '/domains');
  }

  info(domain: DomainReference): Promise<DomainInfo> {
    return this.#do('GET', at(domain));
  }

  shutdown(domain: DomainReference, options: ShutdownOptions): Promise<DomainEnd> {
    return this.#do('POST', at(domain, 'shutdown'), options);
  }

  sysrq(domain: DomainReference, key: string): Promise<void> {
    return this.#do('POST', at(domain, 'sysrq'), { key });
  }

  destroy(domain: DomainReference): Promise<DomainEnd> {
    return this.#do('DELETE', at(domain));
  }

  resume(domain: DomainReference): Promise<DomainInfo> {
    return this.#do('POST', at(domain, 'resume'));
  }

  async wait(
    domain: DomainReference,
    state?: DomainState,
    { signal }: WaitOptions = {},
  ): Promise<DomainEnd | DomainInfo> {
    if (signal?.aborted) throw aborted(signal);
    try {
      return await this.#do('GET', withQuery(at(domain, 'wait'), { state }), undefined, signal);
    } catch (error) {
      throw signal?.aborted ? aborted(signal) : error;
    }
  }

  memorySet(domain: DomainReference, target: number): Promise<MemoryInfo> {
    return this.#do('PUT', at(domain, 'memory'), { target });
  }

  vcpuSet(domain: DomainReference, vcpu: number, on: boolean): Promise<readonly boolean[]> {
    return this.#do('PUT', at(domain, 'vcpus', vcpu), { on });
  }

  blockAttach(domain: DomainReference, disk: DiskConfig): Promise<DeviceInfo> {
    return this.#do('POST', at(domain, 'disks'), disk);
  }

  blockDetach(domain: DomainReference, vdevice: number): Promise<void> {
    return this.#do('DELETE', at(domain, 'disks', vdevice));
  }

  networkAttach(domain: DomainReference, vif: VifConfig): Promise<DeviceInfo> {
    return this.#do('POST', at(domain, 'vifs'), vif);
  }

  networkDetach(domain: DomainReference, handle: number): Promise<void> {
    return this.#do('DELETE', at(domain, 'vifs', handle));
  }

  networkLimit(domain: DomainReference, handle: number, credit: VifConfig['credit'] | undefined): Promise<void> {
    return this.#do(credit ? 'PUT' : 'DELETE', at(domain, 'vifs', handle, 'credit'), credit);
  }

  usbAttach(domain: DomainReference, usb: UsbConfig): Promise<DeviceInfo> {
    return this.#do('POST', at(domain, 'usbs'), usb);
  }

  usbDetach(domain: DomainReference, path: string): Promise<void> {
    return this.#do('DELETE', at(domain, 'usbs', path));
  }

  devices(domain: DomainReference, of?: DeviceClass): Promise<readonly DeviceInfo[]> {
    return this.#do('GET', withQuery(at(domain, 'devices'), { class: of }));
  }

  async console(domain: DomainReference, { linger }: ConsoleOptions = {}): Promise<Duplex> {
    const headers = { Connection: 'Upgrade', Upgrade: CONSOLE_PROTOCOL };
    const path = withQuery(at(domain, 'console'), { linger: linger === undefined ? undefined : String(linger) });
    const socket = (await ask(this.path, { method: 'GET', path, headers })) as Duplex;
    return new ConsoleSocket(socket, this.path, linger !== undefined);
  }

  /** A client of the machine's switch. @throws CtrlIfError `ERR_CTRL_IF_REQUEST` where it has none */
  async switch(): Promise<ApiSwitch> {
    const headers = { Connection: 'Upgrade', Upgrade: SWITCH_PROTOCOL };
    return new ApiSwitch((await ask(this.path, { method: 'GET', path: SWITCH_PATH, headers })) as Duplex, this.path);
  }

  /** The machine is asked at once, not at the first event; a machine that cannot be reached rejects the first event. */
  watch(): AsyncIterable<MachineEvent | { kind: 'lost'; count: number }> {
    const abort = new AbortController();
    const answer = ask(this.path, {
      method: 'GET',
      path: EVENTS_PATH,
      signal: abort.signal,
    }) as Promise<IncomingMessage>;
    // Told by the iteration.
    answer.catch(() => {});
    return eventsOf(answer, abort, this.path);
  }

  async #do<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const response = (await ask(this.path, { method, path, body, ...(signal && { signal }) })) as IncomingMessage;
    return (await readJSONBody(response, this.path)) as T;
  }
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

function at(domain: DomainReference, ...below: (string | number)[]): string {
  return ['/domains', ...[domain, ...below].map((part) => encodeURIComponent(part))].join('/');
}

function withQuery(path: string, parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
