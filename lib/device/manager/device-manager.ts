import { EventEmitter } from 'node:events';
import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { ChannelAllocator, Peer } from '../context.ts';
import { type DeviceWire, DRIVER_STATUS, fieldsOf, frontendMessage, handleOf, INTERFACE_STATUSES } from '../wire.ts';
import { Device, type DeviceFields } from './device.ts';
import type { DomainPeer } from './domain-peer.ts';
import { type Setting, Settings } from './settings.ts';
import type { DeviceEvent } from './table.ts';

/** Events of a {@link DeviceManager}. */
export interface DeviceManagerEvents {
  /** A backend refused a message or a peer did not answer, and no caller can receive the error. Without a listener it is thrown. */
  error: [unknown];
  /** The state of a device has changed. */
  state: [Device];
}

/** The two domains of a device, and its number at the frontend. */
export interface Attachment {
  /** The domid of the frontend. */
  readonly frontend: number;
  /** The domid of the driver domain. */
  readonly backend: number;
  /** The number of the interface at its frontend, u32. Default: the lowest that is free. */
  readonly handle?: number;
  /**
   * Keeps the device when its backend refuses it or a setting, and tries again when the backend's driver is UP the next time. See
   * {@link Device.problems}. Default: false.
   */
  readonly lasting?: boolean;
}

/** The class's own part of a device. */
export interface DeviceOptions {
  /** The fields that only its class has in messages about the device. */
  readonly fields?: DeviceFields;
  /** The settings that the backend gets after each CREATE. The caller may pass the same `Settings` to a later device. */
  readonly settings?: Settings | Iterable<Setting>;
}

/** A domain with a driver of the class. */
interface Driver extends DomainPeer {
  isUp: boolean;
  life: object;
  readonly receivers: (() => void)[];
}

/** The controller's part of one device class: all its devices, and the drivers at both ends. */
export class DeviceManager extends EventEmitter<DeviceManagerEvents> {
  readonly #wire: DeviceWire;
  readonly #channels: ChannelAllocator;
  readonly #frontends = new Map<number, Driver>();
  readonly #backends = new Map<number, Driver>();
  readonly #devices = new Set<Device>();

  /** `wire` describes the class: one that comes with ctrl-if, or one of your own. `channels` opens the event channels of its devices. */
  constructor(wire: DeviceWire, channels: ChannelAllocator) {
    super();
    this.#wire = wire;
    this.#channels = channels;
  }

  /**
   * Adds a domain that may run a frontend. Call it before the domain's first message can come.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when a message of the class has a receiver
   */
  addFrontend(domid: number, peer: Peer): void {
    const { frontend } = this.#wire;
    const driver: Driver = { domid, peer, isUp: false, life: {}, receivers: [] };
    this.#frontends.set(domid, driver);
    const receive = (name: string, handler: (message: AnyMessage) => unknown) =>
      driver.receivers.push(peer.receive(name, handler));
    receive(frontend.DRIVER_STATUS, ({ status }) => this.#frontendStatus(driver, status === DRIVER_STATUS.UP));
    receive(frontend.CONNECT, (message) => this.#asked(driver, 'CONNECT', message));
    receive(frontend.DISCONNECT, (message) => this.#asked(driver, 'DISCONNECT', message));
    if (frontend.QUERY) receive(frontend.QUERY, (message) => this.#statusOf(driver, message));
  }

  /**
   * Adds a domain that may run a backend. Call it before the domain's first message can come.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when its DRIVER_STATUS has a receiver
   */
  addBackend(domid: number, peer: Peer): void {
    const driver: Driver = { domid, peer, isUp: false, life: {}, receivers: [] };
    this.#backends.set(domid, driver);
    for (const device of this.#devicesAt('backend', domid)) device.moveTo(driver);
    driver.receivers.push(
      peer.receive(this.#wire.backend.DRIVER_STATUS, ({ status }: AnyMessage) => {
        driver.isUp = status === DRIVER_STATUS.UP;
        if (!driver.isUp) driver.life = {};
        const devices = this.#devicesAt('backend', domid);
        // The answer must not wait for frontends.
        void (driver.isUp ? this.#backendUp(devices) : this.#fireAll(devices, 'backendDown'));
      }),
    );
  }

  /** Removes a frontend's domain that has ended. Resolves when its devices are destroyed at their backends. */
  async removeFrontend(domid: number): Promise<void> {
    this.#end(this.#frontends, domid);
    const devices = this.#devicesAt('frontend', domid);
    await this.#fireAll(devices, 'frontendGone');
    await Promise.all(devices.map((device) => this.#remove(device)));
  }

  /**
   * Removes a driver domain that has ended. For its devices that is the same as a DOWN of its driver. They wait for a driver domain with
   * the same domid, or for {@link replaceBackend}.
   */
  async removeBackend(domid: number): Promise<void> {
    this.#end(this.#backends, domid);
    await this.#fireAll(this.#devicesAt('backend', domid), 'backendDown');
  }

  /**
   * Moves the devices of a driver domain that has ended to domain `domid`. Their frontends grant it new pages.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` when `domid` was not added
   */
  async replaceBackend(ended: number, domid: number): Promise<void> {
    const driver = added(this.#backends, domid, 'addBackend');
    const devices = this.#devicesAt('backend', ended);
    for (const device of devices) device.moveTo(driver);
    // Their pages are granted to the domain that ended: after DISCONNECTED, frontends ask anew.
    await this.#fireAll(devices, 'DISCONNECT');
    if (driver.isUp) await this.#backendUp(devices);
  }

  /** The devices of a frontend's domain, in the order of their handles. */
  devicesOf(frontend: number): readonly Device[] {
    return this.#devicesAt('frontend', frontend).sort((a, b) => a.handle - b.handle);
  }

  /**
   * Removes a device: its backend disconnects and destroys the interface, and its frontend gets CLOSED.
   *
   * @throws CtrlIfError as {@link Device.fire}. Then the device stays
   */
  async detach(device: Device): Promise<void> {
    await device.fire('destroy');
    await this.#remove(device);
  }

  /**
   * Makes a device between two domains. Its interface is created at once, or when the backend's driver is UP.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` when a domain was not added or the handle is taken. Unless `lasting`, also
   *   `ERR_CTRL_IF_DEVICE_REFUSED` when the backend refuses the interface or a setting, and the errors of {@link Peer.request}
   */
  async attach(
    { frontend, backend, handle, lasting }: Attachment,
    { fields = {}, settings = [] }: DeviceOptions = {},
  ): Promise<Device> {
    const driver = added(this.#backends, backend, 'addBackend');
    const device = new Device({
      wire: this.#wire,
      frontend: added(this.#frontends, frontend, 'addFrontend'),
      backend: driver,
      handle: this.#freeHandle(frontend, handle),
      channels: this.#channels,
      fields,
      settings: settings instanceof Settings ? settings : new Settings(settings),
      isFrontendUp: () => this.#frontends.get(frontend)?.isUp ?? false,
      onState: (changed) => this.emit('state', changed),
      onError: (error) => this.emit('error', error),
    });
    this.#devices.add(device);
    try {
      await (driver.isUp ? device.attach(lasting) : device.fire('backendDown'));
    } catch (error) {
      await this.#remove(device);
      throw error;
    }
    return device;
  }

  /** The second `destroy` undoes events that were queued behind the end of the device, such as a backend's UP. */
  async #remove(device: Device): Promise<void> {
    this.#devices.delete(device);
    await this.#fireAll([device], 'destroy');
  }

  #freeHandle(frontend: number, asked: number | undefined): number {
    const taken = new Set(this.devicesOf(frontend).map(({ handle }) => handle));
    let handle = asked ?? 0;
    while (asked === undefined && this.#wire.backendHandle && taken.has(handle)) handle++;
    if (!taken.has(handle)) return handle;
    throw new CtrlIfError(
      'ERR_CTRL_IF_DEVICE_STATE',
      `domain ${frontend} already has a ${this.#wire.name} device with handle ${handle}`,
      {
        advice: 'detach that one first, or take another handle',
        domid: frontend,
        expected: 'a handle that is free',
        received: handle,
      },
    );
  }

  #devicesAt(end: 'frontend' | 'backend', domid: number): Device[] {
    return [...this.#devices].filter((device) => device[end].domid === domid);
  }

  #backendUp(devices: readonly Device[]): Promise<void> {
    return this.#forEach(devices, (device) => device.backendUp());
  }

  #fireAll(devices: readonly Device[], event: DeviceEvent): Promise<void> {
    return this.#forEach(devices, (device) => device.fire(event));
  }

  /** Runs `act` for all devices at once. A failure of one does not stop the others. */
  async #forEach(devices: readonly Device[], act: (device: Device) => Promise<void>): Promise<void> {
    await Promise.all(devices.map((device) => act(device).catch((error) => this.emit('error', error))));
  }

  #end(drivers: Map<number, Driver>, domid: number): void {
    for (const removeReceiver of drivers.get(domid)?.receivers ?? []) removeReceiver();
    drivers.delete(domid);
  }

  /** On UP, sends the status of each interface that is not connected. On DOWN, disconnects all. Answers with the highest handle. */
  async #frontendStatus(driver: Driver, isUp: boolean): Promise<object> {
    driver.isUp = isUp;
    const devices = this.devicesOf(driver.domid);
    await this.#forEach(devices, (device) => (isUp ? device.frontendUp() : device.fire('DOWN')));
    const maxHandle = Math.max(0, ...devices.map(({ handle }) => handle));
    if (isUp && this.#wire.answersDriverUp) {
      const name = this.#wire.frontend.DRIVER_STATUS;
      const answer = { name, ...fieldsOf(this.#wire, name, { status: DRIVER_STATUS.UP, maxHandle }) };
      await driver.peer.request(answer).catch((error: unknown) => this.emit('error', error));
    }
    return fieldsOf(this.#wire, this.#wire.frontend.DRIVER_STATUS, { maxHandle });
  }

  /** The acknowledgement comes last. The statuses before it report the outcome. */
  async #asked(driver: Driver, event: 'CONNECT' | 'DISCONNECT', message: AnyMessage): Promise<void> {
    // A frontend that has resumed may connect without a new UP (PROTOCOL.md 3.7).
    driver.isUp = true;
    const device = this.#find(driver, message);
    if (device) await device.fire(event, message).catch((error) => this.emit('error', error));
    else await driver.peer.request(frontendMessage(this.#wire, 'INTERFACE_STATUS', handleOf(message), this.#closed));
  }

  #statusOf(driver: Driver, message: AnyMessage): object {
    return fieldsOf(
      this.#wire,
      this.#wire.frontend.QUERY!,
      this.#find(driver, message)?.statusFields() ?? this.#closed,
    );
  }

  #find(driver: Driver, message: AnyMessage): Device | undefined {
    return this.devicesOf(driver.domid).find(({ handle }) => handle === handleOf(message));
  }

  /** The status of an interface that does not exist. */
  get #closed(): object {
    return { status: INTERFACE_STATUSES.indexOf('CLOSED'), evtchn: 0, domid: 0, ...this.#wire.ownFields?.status };
  }
}

function added(drivers: ReadonlyMap<number, Driver>, domid: number, how: string): Driver {
  const driver = drivers.get(domid);
  if (driver) return driver;
  throw new CtrlIfError('ERR_CTRL_IF_DEVICE_STATE', `domain ${domid} is not known here`, {
    advice: `pass it to ${how} first`,
    domid,
    expected: 'a domain that was added',
  });
}
