import type { ClassDevices, DeviceClass, DeviceKey } from '../device/class.ts';
import type { Setting } from '../device/manager/settings.ts';
import { checkBackend, checkFree } from './attach-checks.ts';
import { deviceInfo } from './device-info.ts';
import type { DeviceLedger } from './device-ledger.ts';
import type { DeviceManagers } from './device-managers.ts';
import { backendNotConnected, detachedMeanwhile, frontendNotRunning, noDevice } from './device-refusals.ts';
import type { DomainRecord, LedgerInterface } from './domain-record.ts';
import { forEachSettled } from './for-each-settled.ts';
import type { DeviceInfo, DomainReference } from './operations.ts';

/** Milliseconds to wait for a frontend. The guest may have none. */
const CONNECT_TIMEOUT = 2000;

/** The backend of a device, by the name of its domain. All lives of the domain have that name. */
export interface BackendName {
  readonly name: string;
  /** Undefined unless the domain is connected. */
  readonly domid: number | undefined;
}

export interface DevicesContext {
  readonly ledger: DeviceLedger;
  readonly managers: DeviceManagers;
  /** Without a reference: the first driver domain. @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` if there is no such domain */
  backend(reference: DomainReference | undefined): BackendName;
}

/** The configuration of a device of any class. */
export interface DeviceConfig {
  readonly backend?: DomainReference;
}

/** The devices of one domain over all its lives. One operation runs at a time. */
export class DomainDevices {
  readonly #context: DevicesContext;
  readonly #record: DomainRecord;
  /** Whether interfaces can be created: the domain is connected and not suspended. */
  #isAwake = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(name: string, context: DevicesContext) {
    this.#context = context;
    this.#record = context.ledger.of(name);
  }

  /** Attaches all devices of `config`, in order. Resolves as {@link connected} does. */
  async attachAll(config: Readonly<Record<string, unknown>>): Promise<void> {
    for (const deviceClass of this.#context.managers.classes) {
      const configs = (config[deviceClass.list] ?? []) as readonly DeviceConfig[];
      for (const device of configs) await this.#inTurn(() => this.#attach(deviceClass, device));
    }
    await this.connected();
  }

  /**
   * Attaches a device. Resolves when it is connected, or after 2 s with its state then.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_REFUSED` with the backend's status as `status`, `_DOMAIN_STATE` if one of the two
   *   domains does not run, `_DOMAIN` if the backend does not exist
   */
  async attach(deviceClass: DeviceClass, config: DeviceConfig): Promise<DeviceInfo> {
    const key = await this.#inTurn(() => this.#attach(deviceClass, config));
    return this.#whenConnected(deviceClass, key);
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_DEVICE_NOT_FOUND` if the domain has no such device */
  detach(deviceClass: DeviceClass, key: DeviceKey): Promise<void> {
    return this.#inTurn(() => this.#detach(deviceClass, key));
  }

  /** The devices of one class, for the operations of that class. */
  classDevices(deviceClass: DeviceClass): ClassDevices<object> {
    return {
      change: (key, update, setting) =>
        this.#inTurn(async () => {
          const found = this.#find(deviceClass, key);
          await found.set(setting);
          found.devices.set(key, update(found.devices.get(key)!));
        }),
    };
  }

  /**
   * The domain has connected or resumes. Its devices are attached again. A device that fails is tried again when its backend is UP.
   *
   * @throws the first failure, when all others are attached
   */
  replay(domid: number): Promise<void> {
    // The domain may have ended meanwhile.
    this.#isAwake = this.#record.domid === domid;
    return this.#replay();
  }

  /** A domain that may be a backend has connected. The devices that waited for it are attached. */
  backendCame(): Promise<void> {
    return this.#isAwake ? this.#replay() : Promise.resolve();
  }

  /** The domain is suspended. Its devices are detached from their backends; the ledger keeps them. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      for (const found of this.#record.interfaces) {
        if (found.device) await this.#manager(found).detach(found.device);
        found.device = undefined;
      }
      this.#isAwake = false;
    });
  }

  /** The domain has ended. Its interfaces are destroyed; the ledger keeps its devices for the next life. */
  lifeEnded(domid: number): Promise<void> {
    this.#isAwake = false;
    this.#context.ledger.lifeEnded(this.#record.name);
    return this.#inTurn(async () => {
      for (const found of this.#record.interfaces) found.device = undefined;
      await this.#context.managers.remove(domid);
    });
  }

  /** The domain is gone for good. The ledger drops its devices. */
  domainGone(): void {
    for (const found of this.#record.interfaces) for (const device of found.devices.values()) this.#free(found, device);
    this.#record.interfaces.clear();
  }

  list(className?: string): readonly DeviceInfo[] {
    return this.#context.managers.classes
      .filter(({ name }) => className === undefined || name === className)
      .flatMap((deviceClass) => this.#listOf(deviceClass));
  }

  /** Resolves when every device is connected or refused, after 2 s at most: a guest may have no frontend for it. */
  async connected(): Promise<void> {
    const waits = [...this.#record.interfaces].flatMap(({ deviceClass, devices }) =>
      [...devices.keys()].map((key) => this.#whenConnected(deviceClass, key)),
    );
    // A device may be detached meanwhile, which ends its wait.
    await Promise.allSettled(waits);
  }

  /** Resolves with the key of the device. */
  async #attach(deviceClass: DeviceClass, config: DeviceConfig): Promise<DeviceKey> {
    this.#frontend();
    const backend = this.#context.backend(config.backend);
    checkBackend(this.#record, deviceClass, backend.name);
    const others = this.#record.interfacesOf(deviceClass).flatMap(({ devices }) => [...devices.values()]);
    const device: object = deviceClass.place(config, others, this.#shared(deviceClass));
    const found = this.#record.interfaceFor(deviceClass, backend.name);
    const key = deviceClass.keyOf?.(device) ?? found.handle;
    const before = found.devices.get(key);
    try {
      checkFree(this.#context.ledger, this.#record, deviceClass, key, backend.name);
      // Before the first await, so that no other domain can take the same device.
      if (!before) this.#record.add(found, key, device);
      await this.#make(found, backend, deviceClass.setting?.(device));
    } catch (error) {
      if (!before) this.#record.delete(found, key);
      const explained = deviceClass.explain?.(error, device, backend.name, this.#shared(deviceClass)) ?? error;
      this.#free(found, device);
      throw explained;
    }
    if (before) this.#free(found, before);
    found.devices.set(key, device);
    return key;
  }

  /** Sends the backend one more device of the interface, or the new interface. */
  async #make(found: LedgerInterface, backend: BackendName, setting: Setting | undefined): Promise<void> {
    if (found.device) {
      if (setting) await found.device.set(setting);
      return;
    }
    const isNew = setting && !found.settings.all.has(setting.about);
    if (isNew) found.settings.set(setting);
    try {
      found.device = await this.#manager(found).attach(this.#attachment(found, backend), this.#options(found));
    } catch (error) {
      if (isNew) found.settings.delete(setting.about);
      throw error;
    }
  }

  async #detach(deviceClass: DeviceClass, key: DeviceKey): Promise<void> {
    const found = this.#find(deviceClass, key);
    const device = found.devices.get(key)!;
    const setting = deviceClass.setting?.(device);
    if (found.devices.size === 1) {
      // An interface without devices is destroyed.
      if (found.device) await this.#manager(found).detach(found.device);
    } else if (setting) {
      await found.unset(setting);
    }
    this.#record.delete(found, key);
    this.#free(found, device);
  }

  #replay(): Promise<void> {
    return this.#inTurn(() =>
      forEachSettled(this.#record.interfaces, async (found) => {
        // The domain may end meanwhile.
        if (found.device || !this.#isAwake) return;
        const backend = this.#context.backend(found.backend);
        if (backend.domid === undefined) return;
        const attachment = { ...this.#attachment(found, backend), lasting: true };
        found.device = await this.#manager(found).attach(attachment, this.#options(found));
        this.#throwProblem(found);
      }),
    );
  }

  /** @throws the first refusal of a device of the interface, or the failure of the interface itself */
  #throwProblem({ deviceClass, backend, device, devices }: LedgerInterface): void {
    for (const part of devices.values()) {
      const setting = deviceClass.setting?.(part);
      const refusal = setting && device!.refusalOf(setting);
      if (refusal) throw deviceClass.explain?.(refusal, part, backend, this.#shared(deviceClass)) ?? refusal;
    }
    for (const error of device!.problems) throw error;
  }

  #find(deviceClass: DeviceClass, key: DeviceKey): LedgerInterface {
    const found = this.#record.find(deviceClass, key);
    if (found) return found;
    const known = this.#record.interfacesOf(deviceClass).flatMap(({ devices }) => [...devices.keys()]);
    throw noDevice(deviceClass, key, known);
  }

  #free({ deviceClass }: LedgerInterface, device: object): void {
    deviceClass.free?.(device, this.#shared(deviceClass));
  }

  #manager({ deviceClass }: LedgerInterface) {
    return this.#context.managers.of(deviceClass).manager;
  }

  #shared(deviceClass: DeviceClass): unknown {
    return this.#context.managers.of(deviceClass).shared;
  }

  #options({ deviceClass, devices, settings }: LedgerInterface) {
    const [device] = devices.values();
    return { fields: deviceClass.fields?.(device!) ?? {}, settings };
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_STATE` if the backend is not connected */
  #attachment({ handle }: LedgerInterface, backend: BackendName) {
    if (backend.domid !== undefined) return { frontend: this.#frontend(), backend: backend.domid, handle };
    throw backendNotConnected(backend.name);
  }

  /** The domid of the present life. @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_STATE` if the domain does not run */
  #frontend(): number {
    const { domid } = this.#record;
    if (this.#isAwake && domid !== undefined) return domid;
    throw frontendNotRunning();
  }

  /** Resolves when the device is connected or refused, or after 2 s: a guest without a frontend never connects it. */
  async #whenConnected(deviceClass: DeviceClass, key: DeviceKey): Promise<DeviceInfo> {
    const deadline = AbortSignal.timeout(CONNECT_TIMEOUT);
    const late = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve(), { once: true }));
    for (;;) {
      const changed = this.#context.managers.nextChange();
      const found = this.#record.find(deviceClass, key);
      if (!found) throw detachedMeanwhile(deviceClass);
      const info = this.#describe(found, found.devices.get(key)!);
      // A domain that has ended connects no device before its next life.
      if (info.state === 'CONNECTED' || info.state === 'REFUSED' || !this.#isAwake || deadline.aborted) return info;
      await Promise.race([changed, late]);
    }
  }

  #listOf(deviceClass: DeviceClass): DeviceInfo[] {
    return this.#record
      .interfacesOf(deviceClass)
      .flatMap((found) => [...found.devices.values()].map((device) => this.#describe(found, device)));
  }

  #describe(found: LedgerInterface, device: object): DeviceInfo {
    const domid = (this.#isAwake ? this.#record.domid : undefined) ?? 0;
    // During an attach only the manager has the device, and watchers already get its states.
    const made =
      found.device ??
      this.#manager(found)
        .devicesOf(domid)
        .find(({ handle }) => handle === found.handle);
    return deviceInfo({ ...found, device: made }, device, domid, (ends) => this.#context.managers.hasCrossed(ends));
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(action);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
