import { dirname, extname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { DeviceClass } from '../device/class.ts';
import { type Clock, systemClock } from '../device/clock.ts';
import { Controller } from '../domain/controller.ts';
import type { Domain } from '../domain/domain.ts';
import { CtrlIfError } from '../errors.ts';
import type { Input } from '../schema/operation.ts';
import { type Codec, createCodec } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { checkedArguments } from './check.ts';
import { checkMemoryTarget, checkNumber, resolveConfig } from './config.ts';
import { allClasses, allMessages } from './device-classes.ts';
import { DeviceLedger } from './device-ledger.ts';
import { DeviceManagers } from './device-managers.ts';
import { deviceRuns, type Run } from './device-operations.ts';
import { DomainDevices } from './domain-devices.ts';
import { vcpuRefused } from './domain-errors.ts';
import { domainInfo } from './domain-info.ts';
import { DomainRegistry } from './domain-registry.ts';
import { EventLog } from './event-log.ts';
import { ManagedDomain } from './managed-domain.ts';
import { checkRoom, setMemory } from './memory.ts';
import { MessageObservers } from './message-observers.ts';
import {
  type CallOptions,
  type ConsoleOptions,
  type DeviceOperationMethods,
  type DomainConfig,
  type DomainInfo,
  type DomainReference,
  type LostEvents,
  type MachineEvent,
  MachineOperations,
  type OperationMethods,
  streams,
} from './operations.ts';
import { ControlSwitch } from './switch.ts';
import { waitForDomain } from './wait-for-domain.ts';

/** Options of {@link Machine.start}. */
export interface MachineOptions {
  /** The name of the machine and its controller; default `default`. */
  name?: string;
  /** Additional messages, for clients of {@link Machine.switch}. */
  messages?: readonly MessageDefinition[];
  /** Additional device classes, beside block, network and USB. */
  deviceClasses?: readonly DeviceClass[];
  /** The driver domain that is created with the machine; default: `driver`, which is always restarted. False: no driver domain. */
  driver?: DomainConfig | false;
  /** The program and the arguments for domains that name no command; default: the guest of ctrl-if. */
  guestCommand?: readonly string[];
  /** The clock for deadlines and restarts; default: the system's. */
  clock?: Clock;
}

const DRIVER: DomainConfig = { name: 'driver', driver: true, restart: 'always' };
// A file beside this one, with the same extension in lib and in dist.
const GUEST_PROGRAM = join(dirname(fileURLToPath(import.meta.url)), `guest-program${extname(import.meta.url)}`);
/** Milliseconds that backends have to release the devices of other domains when the machine closes. */
const RELEASE_TIMEOUT = 2000;

/** The SysRq keys that reboot, crash or power off at once. The guest may end before it answers. */
const ENDING_KEYS: ReadonlySet<string> = new Set('bco');
const PEER_ENDED: ReadonlySet<string> = new Set(['ERR_CTRL_IF_PEER_DIED', 'ERR_CTRL_IF_PEER_CLOSED']);

/** The operations that belong to no device class. */
type MachineRuns = Omit<OperationMethods, keyof DeviceOperationMethods>;

/**
 * A controller whose domains are child processes of this process. {@link Machine.start} creates one.
 *
 * Each operation of {@link MachineOperations} is a method. Its errors are `CtrlIfError`s: `ERR_CTRL_IF_CONFIG` for an argument that
 * the table does not allow, `ERR_CTRL_IF_DOMAIN` if there is no such domain, `ERR_CTRL_IF_DOMAIN_STATE` if the domain's state does
 * not allow the operation, and the errors of the operation itself.
 */
export class Machine extends MachineOperations implements AsyncDisposable {
  /** The switch, with which other code serves and watches messages of the domains. */
  readonly switch: ControlSwitch;
  readonly #controller: Controller;
  readonly #observers = new MessageObservers();
  readonly #log: EventLog;
  readonly #managers: DeviceManagers;
  readonly #ledger = new DeviceLedger();
  readonly #domains = new DomainRegistry(this.#ledger);
  /** The ends of the links for which a guest waits. */
  readonly #ends = new WeakMap<Domain, Promise<void>>();
  readonly #guestCommand: readonly string[];
  readonly #clock: Clock;
  readonly #deviceRuns: ReadonlyMap<string, Run>;
  #isClosing = false;

  /** The functions that run the operations. The arguments conform to the table. */
  readonly #run: MachineRuns = {
    create: (config) => this.#create(config),
    list: async () => [...this.#domains].map((domain) => domainInfo(domain)),
    info: async (domain) => domainInfo(this.#domains.find(domain)),
    shutdown: async (domain, options) => this.#domains.find(domain).shutdown(options),
    sysrq: async (domain, key) => {
      await this.#linkOf(domain)
        .sysrq(key)
        .catch((error: CtrlIfError) => {
          if (!ENDING_KEYS.has(key) || !PEER_ENDED.has(error.code)) throw error;
        });
    },
    destroy: async (domain) => this.#domains.find(domain).destroy(),
    resume: async (domain) => {
      const found = this.#domains.find(domain);
      await found.resume();
      return domainInfo(found);
    },
    wait: (domain, state, options) => waitForDomain(this.#domains.find(domain), state, options),
    memorySet: async (domain, target) => {
      const found = this.#domains.find(domain);
      checkMemoryTarget(target, found.config);
      return setMemory(found.running(), target, found.config);
    },
    vcpuSet: async (domain, vcpu, on) => {
      const found = this.#domains.find(domain);
      checkNumber('vcpu', vcpu, 0, found.config.vcpus - 1);
      if (!(await found.running().setVcpu(vcpu, on ? 'on' : 'off'))) throw vcpuRefused(found.config.name, vcpu, on);
      found.vcpus[vcpu] = on;
      return [...found.vcpus];
    },
    devices: async (domain, deviceClass) => this.#devicesOf(domain).list(deviceClass),
  };

  private constructor(controller: Controller, options: MachineOptions, classes: readonly DeviceClass[]) {
    super(classes);
    this.#deviceRuns = deviceRuns(this.deviceClasses, (domain) => this.#devicesOf(domain));
    this.#controller = controller;
    this.#guestCommand = options.guestCommand ?? [process.execPath, GUEST_PROGRAM];
    this.#clock = options.clock ?? systemClock;
    const codec = createCodec(allMessages(options.messages, options.deviceClasses)) as unknown as Codec;
    this.#log = new EventLog(codec, this.#observers, this.deviceClasses);
    this.#managers = new DeviceManagers(this.deviceClasses, controller.channels, this.#log);
    this.switch = new ControlSwitch(codec, this.#observers, this.#clock, this.deviceClasses);
    controller.on('domain', (domain) => this.#guestConnected(domain));
    controller.on('refused', ({ message }) => this.#log.record({ kind: 'domain', name: 'refused', result: message }));
  }

  /**
   * Starts a machine: listens under its name and creates the driver domain. If this rejects, no process and no file is left.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NAME_IN_USE` if a controller runs under that name, another error of `Controller.listen`, or the
   *   error with which the driver domain could not be created
   */
  static async start(options: MachineOptions = {}): Promise<Machine> {
    const { name, driver = DRIVER } = options;
    const classes = allClasses(options.deviceClasses);
    const messages = allMessages(options.messages, options.deviceClasses);
    const controller = await Controller.listen({ ...(name !== undefined && { name }), messages, engine: 'native' });
    const machine = new Machine(controller as unknown as Controller, options, classes);
    try {
      if (driver) await machine.create({ driver: true, ...driver });
    } catch (error) {
      await machine.close();
      throw error;
    }
    return machine;
  }

  /** The name of the machine, under which its guests connect. */
  get name(): string {
    return this.#controller.name;
  }

  override async call(name: string, input: Input, options: CallOptions = {}): Promise<unknown> {
    const operation = this.operations[name];
    const run = this.#deviceRuns.get(name) ?? (this.#run[name as keyof MachineRuns] as unknown as Run | undefined);
    if (!operation || !run) throw noOperation(name, Object.keys(this.operations));
    return run(...checkedArguments(name, operation, input), options);
  }

  override async console(domain: DomainReference, options: ConsoleOptions = {}): Promise<Duplex> {
    checkedArguments('console', streams.console, { domain, ...options });
    return this.#domains.find(domain).console.listen(options);
  }

  override watch(): AsyncIterableIterator<MachineEvent | LostEvents> {
    return this.#log.watch();
  }

  /**
   * Destroys all domains, driver domains last, and frees the name. Backends have 2 s to release the devices of the other domains;
   * then they are destroyed too.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    const [drivers, others] = [true, false].map((isDriver) =>
      [...this.#domains].filter(({ config }) => config.driver === isDriver),
    ) as [ManagedDomain[], ManagedDomain[]];
    const othersGone = Promise.all(others.map((domain) => domain.destroy()));
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, RELEASE_TIMEOUT);
    });
    await Promise.race([othersGone, tooLate]);
    clearTimeout(timer);
    await Promise.all([othersGone, ...drivers.map((domain) => domain.destroy())]);
    await this.#controller.close();
    this.#log.end();
    this.switch.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #create(config: DomainConfig): Promise<DomainInfo> {
    const resolved = resolveConfig(config);
    if (this.#isClosing) throw new CtrlIfError('ERR_CTRL_IF_CLOSED', 'the machine is closing and starts no domain');
    checkRoom(resolved);
    const devices = new DomainDevices(config.name, {
      ledger: this.#ledger,
      managers: this.#managers,
      backend: (reference) => this.#domains.backend(reference),
    });
    const context = { controller: this.name, clock: this.#clock, devices, command: this.#guestCommand };
    const domain = new ManagedDomain(resolved, context);
    this.#domains.add(domain);
    domain.on('state', (state) => this.#record(domain, state));
    domain.on('ended', ({ how, lastWords }) => this.#record(domain, how, lastWords));
    domain.on('lacking', (error) => this.#log.failed('reconnect', error));
    await domain.create();
    try {
      await devices.attachAll(resolved);
    } catch (error) {
      // A domain is created with all its devices or not at all.
      await domain.destroy();
      throw error;
    }
    return domainInfo(domain);
  }

  #devicesOf(domain: DomainReference): DomainDevices {
    return this.#domains.find(domain).devices;
  }

  /** A guest has connected, and none of its messages has been read. */
  #guestConnected(link: Domain): void {
    const domain = this.#domains.expected(link.token);
    if (!domain) {
      this.#log.record({ kind: 'domain', name: `domain ${link.domid}`, result: 'not started by this machine' });
      link.on('error', () => {});
      void link.close();
      return;
    }
    const { name } = domain.config;
    link.on('error', ({ message }) => this.#log.record({ kind: 'domain', from: link.domid, name, result: message }));
    link.controlSocket.answer('domain-end', ({ domid }) => this.#endOf(domid));
    this.#observers.addDomain(link);
    this.#managers.add(link);
    this.switch.addDomain(link);
    domain.connected(link);
    this.#serveAgain(this.#ledger.lifeBegan(name, link.domid), link.domid);
  }

  /** Reconnects the devices that the domain served in its last life, and those that wait for it. Each domain reconnects by itself. */
  #serveAgain(before: number | undefined, domid: number): void {
    const again = [...this.#domains].map(({ devices }) => devices.backendCame());
    if (before !== undefined) again.push(this.#managers.replaceBackend(before, domid));
    for (const attempt of again) attempt.catch((error) => this.#log.failed('reconnect', error));
  }

  /** Resolves when the domain `domid` has ended. Then it maps no frame of another domain any more. */
  async #endOf(domid: number): Promise<void> {
    const link = this.#controller.domains.get(domid);
    if (!link) return;
    // One listener for all questions: a guest asks once for each frame that it has granted.
    const end = this.#ends.get(link) ?? new Promise<void>((resolve) => link.once('close', () => resolve()));
    this.#ends.set(link, end);
    await end;
  }

  #linkOf(reference: DomainReference): Domain {
    const domain = this.#domains.find(reference);
    if (domain.link) return domain.link;
    throw domain.wrongState('running');
  }

  #record({ config: { name }, link }: ManagedDomain, result: string, says?: string): void {
    this.#log.record({ kind: 'domain', name, result, ...(says && { says }), ...(link && { from: link.domid }) });
  }
}

function noOperation(name: string, known: readonly string[]): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_REQUEST', `a machine has no operation ${name}; it has ${known.join(', ')}`, {
    expected: 'an operation of the table',
    received: name,
  });
}
