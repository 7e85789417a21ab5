/**
 * A fake machine without processes. A test decides when and how its operations end. They come from the table of operations and have
 * the checks of the real machine.
 */
import { Duplex } from 'node:stream';
import { DEVICE_CLASSES } from '../../lib/device/classes/index.ts';
import { CtrlIfError, type CtrlIfErrorCode } from '../../lib/errors.ts';
import { checkedArguments } from '../../lib/machine/check.ts';
import {
  type CallOptions,
  type ConsoleOptions,
  type DeviceClassName,
  type DeviceInfo,
  type DomainConfig,
  type DomainEnd,
  type DomainInfo,
  type DomainReference,
  type DomainState,
  type LostEvents,
  type MachineEvent,
  MachineOperations,
  type OperationMethods,
  type OperationName,
  operations,
  streams,
} from '../../lib/machine/operations.ts';
import type { Input } from '../../lib/schema/operation.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type FakeDomain = Mutable<DomainInfo> & { vcpus: boolean[]; devices: DeviceInfo[] };

const MAX_WATCHED = 100;

export class FakeMachine extends MachineOperations {
  readonly domains: FakeDomain[] = [];
  /** The calls so far: the operation and its arguments. */
  readonly asked: unknown[][] = [];
  /** If set, the next operation fails with it. */
  failure: unknown;
  /** If set, operations wait for it before they begin. */
  gate: Promise<void> | undefined;
  readonly consoles: FakeConsole[] = [];
  readonly watchers = new Set<Watcher>();
  #onAsked: () => void = () => {};
  readonly #waiting: {
    domain: FakeDomain;
    state: DomainState | undefined;
    resolve(result: DomainEnd | DomainInfo): void;
  }[] = [];

  readonly #run: OperationMethods = {
    create: async (config) => this.#create(config),
    list: async () => this.domains,
    info: async (domain) => this.#find(domain),
    shutdown: async (domain, { reason }) => {
      const found = this.#find(domain);
      if (reason === 'suspend') found.state = 'suspended';
      else this.#remove(found);
      return { name: found.name, how: reason, exitCode: 0, signal: null };
    },
    sysrq: async (domain) => void this.#find(domain),
    destroy: async (domain) => this.#remove(this.#find(domain)),
    resume: async (domain) => {
      const found = this.#find(domain);
      if (found.state !== 'suspended') throw failed('ERR_CTRL_IF_DOMAIN_STATE', found.name);
      found.state = 'running';
      return found;
    },
    wait: (domain, state, options) => this.#wait(domain, state, options),
    memorySet: async (domain, target) => {
      const found = this.#find(domain);
      if (target > found.memory.maximum) throw failed('ERR_CTRL_IF_DEVICE_REFUSED', found.name);
      found.memory = { ...found.memory, target, reached: target, state: 'done' };
      return found.memory;
    },
    vcpuSet: async (domain, vcpu, on) => {
      const { vcpus } = this.#find(domain);
      if (vcpu >= vcpus.length) throw failed('ERR_CTRL_IF_VCPU', String(domain));
      vcpus[vcpu] = on;
      return vcpus;
    },
    devices: async (domain, deviceClass) =>
      this.#find(domain).devices.filter((device) => deviceClass === undefined || device.class === deviceClass),
    blockAttach: async (domain, disk) => attach(this.#find(domain), 'block', disk),
    blockDetach: async (domain, vdevice) => detach(this.#find(domain), 'block', ({ id }) => id === String(vdevice)),
    networkAttach: async (domain, vif) => attach(this.#find(domain), 'network', vif),
    networkDetach: async (domain, handle) =>
      detach(this.#find(domain), 'network', (device) => device.handle === handle),
    networkLimit: async (domain) => void this.#find(domain),
    networkUnlimit: async (domain) => void this.#find(domain),
    usbAttach: async (domain, usb) => attach(this.#find(domain), 'usb', usb),
    usbDetach: async (domain, path) => detach(this.#find(domain), 'usb', ({ id }) => id === path),
  };

  override async call(name: OperationName, input: Input, options?: CallOptions): Promise<unknown> {
    const given = checkedArguments(name, operations[name], input);
    await this.#begin(name, ...given);
    const run = this.#run[name] as (...given: unknown[]) => Promise<unknown>;
    return run(...given, options);
  }

  /** The calls of `wait` that have not settled. */
  get waiting(): number {
    return this.#waiting.length;
  }

  override async console(domain: DomainReference, options: ConsoleOptions = {}): Promise<Duplex> {
    checkedArguments('console', streams.console, { domain, ...options });
    await this.#begin('console', domain, ...(options.linger === undefined ? [] : [options]));
    this.#find(domain);
    const console = new FakeConsole();
    this.consoles.push(console);
    this.#onAsked();
    return console;
  }

  override watch(): AsyncIterable<MachineEvent | LostEvents> {
    const watcher = new Watcher(() => this.watchers.delete(watcher));
    this.watchers.add(watcher);
    this.#onAsked();
    return { [Symbol.asyncIterator]: () => watcher };
  }

  happen(event: MachineEvent): void {
    for (const watcher of this.watchers) watcher.take(event);
  }

  /** Resolves when `condition` holds. It is checked at each call. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#onAsked = resolve;
      });
    }
  }

  async #begin(...call: unknown[]): Promise<void> {
    this.asked.push(call);
    this.#onAsked();
    await this.gate;
    if (this.failure === undefined) return;
    const failure = this.failure;
    this.failure = undefined;
    throw failure;
  }

  #create(config: DomainConfig): DomainInfo {
    if (this.domains.some(({ name }) => name === config.name)) throw failed('ERR_CTRL_IF_DOMAIN_EXISTS', config.name);
    const memory = config.memory ?? 8;
    const domain: FakeDomain = {
      name: config.name,
      domid: this.domains.length + 1,
      pid: 10_000 + this.domains.length,
      engine: 'native',
      state: 'running',
      memory: { target: memory, reached: memory, maximum: config.maxMemory ?? memory, state: 'idle' },
      vcpus: Array.from({ length: config.vcpus ?? 1 }, () => true),
      devices: [],
      restart: config.restart ?? 'on-reboot',
      restarts: 0,
      started: 1_700_000_000_000,
    };
    this.domains.push(domain);
    for (const { name, list } of DEVICE_CLASSES) for (const device of config[list] ?? []) attach(domain, name, device);
    return domain;
  }

  #wait(
    domain: DomainReference,
    state: DomainState | undefined,
    options?: CallOptions,
  ): Promise<DomainEnd | DomainInfo> {
    const found = this.#find(domain);
    if (found.state === state) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const waiting = { domain: found, state, resolve };
      this.#waiting.push(waiting);
      this.#onAsked();
      options?.signal?.addEventListener('abort', () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#onAsked();
        reject(failed('ERR_CTRL_IF_ABORTED', found.name));
      });
    });
  }

  #find(reference: DomainReference): FakeDomain {
    const found = this.domains.find(({ name, domid }) => name === reference || domid === reference);
    if (!found) throw failed('ERR_CTRL_IF_DOMAIN', String(reference));
    return found;
  }

  #remove(domain: FakeDomain): DomainEnd {
    this.domains.splice(this.domains.indexOf(domain), 1);
    const end: DomainEnd = { name: domain.name, how: 'destroyed', exitCode: null, signal: 'SIGKILL' };
    for (const waiting of this.#waiting) if (waiting.domain === domain) waiting.resolve(end);
    return end;
  }
}

/** The machine's end of one listener's console. */
export class FakeConsole extends Duplex {
  /** The input of the listener. */
  readonly typed: Buffer[] = [];
  /** While it is set, no input is read. */
  isFull = false;
  hasTypedAll = false;
  #resume: () => void = () => {};
  #onRoom: () => void = () => {};
  #onTyped: () => void = () => {};

  /** Writes for the listener, and waits until there is room for more. */
  async say(data: Buffer): Promise<void> {
    if (this.push(data)) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  hangUp(): void {
    this.push(null);
  }

  go(): void {
    this.isFull = false;
    this.#resume();
  }

  get typedBytes(): number {
    return this.typed.reduce((sum, { length }) => sum + length, 0);
  }

  async typedSo(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#onTyped = resolve;
      });
    }
  }

  override _read(): void {
    this.#onRoom();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.typed.push(chunk);
    this.#onTyped();
    if (this.isFull) this.#resume = done;
    else done();
  }

  override _final(done: () => void): void {
    this.hasTypedAll = true;
    this.#onTyped();
    done();
  }
}

type Watched = MachineEvent | LostEvents;

/** A bounded queue like the machine's: it drops the oldest and counts them. */
class Watcher implements AsyncIterator<Watched> {
  readonly #queue: MachineEvent[] = [];
  readonly #onReturn: () => void;
  #lost = 0;
  #hungry: ((result: IteratorResult<Watched>) => void) | undefined;

  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  take(event: MachineEvent): void {
    const hungry = this.#hungry;
    this.#hungry = undefined;
    if (hungry) hungry({ done: false, value: event });
    else if (this.#queue.push(event) > MAX_WATCHED) {
      this.#queue.shift();
      this.#lost++;
    }
  }

  async next(): Promise<IteratorResult<Watched>> {
    const [count, first] = [this.#lost, this.#queue.shift()];
    if (count > 0) {
      this.#lost = 0;
      if (first) this.#queue.unshift(first);
      return { done: false, value: { kind: 'lost', count } };
    }
    if (first) return { done: false, value: first };
    return new Promise((resolve) => {
      this.#hungry = resolve;
    });
  }

  async return(): Promise<IteratorResult<Watched>> {
    this.#hungry?.({ done: true, value: undefined });
    this.#onReturn();
    return { done: true, value: undefined };
  }
}

export function failed(code: CtrlIfErrorCode, subject: string): CtrlIfError {
  return new CtrlIfError(code, `${subject} does not allow this as things stand here; try something else`, { subject });
}

function attach(domain: FakeDomain, deviceClass: DeviceClassName, config: object): DeviceInfo {
  const handle = domain.devices.length;
  const { unique } = DEVICE_CLASSES.find(({ name }) => name === deviceClass)!;
  const id = String((config as Record<string, unknown>)[unique] ?? `00:16:3e:00:00:0${handle + 1}`);
  const device: DeviceInfo = {
    class: deviceClass,
    handle,
    id,
    frontend: domain.domid!,
    backend: 0,
    state: 'connected',
    frames: [handle],
    ports: { frontend: handle + 1, backend: handle + 2 },
  };
  if (domain.devices.some((other) => other.class === deviceClass && other.id === id)) {
    throw failed('ERR_CTRL_IF_DEVICE_STATE', domain.name);
  }
  domain.devices.push(device);
  return device;
}

function detach(domain: FakeDomain, deviceClass: DeviceClassName, matches: (device: DeviceInfo) => boolean): void {
  const index = domain.devices.findIndex((device) => device.class === deviceClass && matches(device));
  if (index === -1) throw failed('ERR_CTRL_IF_DEVICE_NOT_FOUND', domain.name);
  domain.devices.splice(index, 1);
}
