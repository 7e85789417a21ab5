import { EventEmitter } from 'node:events';
import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { ChannelAllocator, Peer } from '../context.ts';
import { type DeviceWire, DRIVER_STATUS, fieldsOf, frontendMessage, handleOf, INTERFACE_STATUSES } from '../wire.ts';
import { Device, type DeviceFields } from './device.ts';
import type { DomainPeer } from './domain-peer.ts';
import { type Setting, Settings } from './settings.ts';
import type { DeviceEvent } from './table.ts';

export interface DeviceManagerEvents {
  /** A backend refused, or a peer did not answer, and no caller was there to hear of it. Without a listener it is thrown. */
  error: [unknown];
  /** A device is in another state than before. */
  state: [Device];
}

/** Which two domains, and which number the device has at its frontend. */
export interface Attachment {
  /** The frontend's domain. */
  readonly frontend: number;
  /** The driver domain. */
  readonly backend: number;
  /** Default: the lowest that is free. */
  readonly handle?: number;
  /**
   * Whether it is kept also where its backend does not create it now, or not all of it, to be tried again when that is UP the next
   * time: see {@link Device.problems}. Default: false.
   */
  readonly lasting?: boolean;
}

export interface DeviceOptions {
  /** Fields of its messages that only its class has. */
  readonly fields?: DeviceFields;
  /** What its backend is told after each CREATE. A `Settings` stays the caller's, who may give it to the next device too. */
  readonly settings?: Settings | Iterable<Setting>;
}

/** A domain with a driver of the class. */
interface Driver extends DomainPeer {
  isUp: boolean;
  life: object;
  readonly takeBack: (() => void)[];
}

/** The controller's part of one device class: all its devices, and the drivers at both of their ends. */
export class DeviceManager extends EventEmitter<DeviceManagerEvents> {
  readonly #wire: DeviceWire;
  readonly #channels: ChannelAllocator;
  readonly #frontends = new Map<number, Driver>();
  readonly #backends = new Map<number, Driver>();
  readonly #devices = new Set<Device>();

  /** `wire` is the class: `BLOCK`, `NETWORK`, `USB`, or one of your own. */
  constructor(wire: DeviceWire, channels: ChannelAllocator) {
    super();
    this.#wire = wire;
    this.#channels = channels;
  }

  /** A domain that may run a frontend. Call it before its messages can come. */
  addFrontend(domid: number, peer: Peer): void {
    const { frontend } = this.#wire;
    const driver: Driver = { domid, peer, isUp: false, life: {}, takeBack: [] };
    this.#frontends.set(domid, driver);
    const receive = (name: string, handler: (message: AnyMessage) => unknown) =>
      driver.takeBack.push(peer.receive(name, handler));
    receive(frontend.DRIVER_STATUS, ({ status }) => this.#frontendStatus(driver, status === DRIVER_STATUS.UP));
    receive(frontend.CONNECT, (message) => this.#asked(driver, 'CONNECT', message));
    receive(frontend.DISCONNECT, (message) => this.#asked(driver, 'DISCONNECT', message));
    if (frontend.QUERY) receive(frontend.QUERY, (message) => this.#statusOf(driver, message));
  }

  /** A domain that may run a backend. Call it before its messages can come. */
  addBackend(domid: number, peer: Peer): void {
    const driver: Driver = { domid, peer, isUp: false, life: {}, takeBack: [] };
    this.#backends.set(domid, driver);
    for (const device of this.#devicesAt('backend', domid)) device.moveTo(driver);
    driver.takeBack.push(
      peer.receive(this.#wire.backend.DRIVER_STATUS, ({ status }: AnyMessage) => {
        driver.isUp = status === DRIVER_STATUS.UP;
        if (!driver.isUp) driver.life = {};
        const devices = this.#devicesAt('backend', domid);
        // The answer does not wait for frontends, which may take their time.
        void (driver.isUp ? this.#backendUp(devices) : this.#fireAll(devices, 'backendDown'));
      }),
    );
  }

  /** The frontend's domain has ended: its devices are destroyed at their backends. Resolves when that is done. */
  async removeFrontend(domid: number): Promise<void> {
    this.#end(this.#frontends, domid);
    const devices = this.#devicesAt('frontend', domid);
    await this.#fireAll(devices, 'frontendGone');
    await Promise.all(devices.map((device) => this.#remove(device)));
  }

  /**
   * The driver domain has ended, which is the same as its driver being DOWN. Its devices wait for one of the same domid, or for
   * {@link replaceBackend}.
   */
  async removeBackend(domid: number): Promise<void> {
    this.#end(this.#backends, domid);
    await this.#fireAll(this.#devicesAt('backend', domid), 'backendDown');
  }

  /** The devices of a driver domain that has ended go to another one: frontends grant it their pages. */
  async replaceBackend(ended: number, domid: number): Promise<void> {
    const driver = added(this.#backends, domid, 'addBackend');
    const devices = this.#devicesAt('backend', ended);
    for (const device of devices) device.moveTo(driver);
    // Their pages are granted to the domain that ended: after DISCONNECTED, frontends ask anew.
    await this.#fireAll(devices, 'DISCONNECT');
    if (driver.isUp) await this.#backendUp(devices);
  }

  /** The devices of that frontend's domain, by handle. */
  devicesOf(frontend: number): readonly Device[] {
    return this.#devicesAt('frontend', frontend).sort((a, b) => a.handle - b.handle);
  }

  /** Takes the device away: its backend disconnects and destroys the interface, its frontend is told CLOSED. */
  async detach(device: Device): Promise<void> {
    await device.fire('destroy');
    await this.#remove(device);
  }

  /**
   * Makes a device between two domains. Its interface is created at once, or when the backend's driver is UP.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` for a domain that was not added and a handle that is taken,
   *   unless it is `lasting` also `ERR_CTRL_IF_DEVICE_REFUSED` where the backend does not create it, or not all of it, and why
   *   that does not answer
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

  /** Nothing happens to it from now on; what waited for its turn behind its end, such as a backend's UP, is undone. */
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
      `domain ${frontend} has a ${this.#wire.name} device with handle ${handle} already`,
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

  /** The devices of one domain do not wait for those of others, nor fail with them. */
  async #forEach(devices: readonly Device[], act: (device: Device) => Promise<void>): Promise<void> {
    await Promise.all(devices.map((device) => act(device).catch((error) => this.emit('error', error))));
  }

  #end(drivers: Map<number, Driver>, domid: number): void {
    for (const takeBack of drivers.get(domid)?.takeBack ?? []) takeBack();
    drivers.delete(domid);
  }

  /** UP: the status of each interface that is not active, then the highest handle. DOWN: none is active any more. */
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

  /** Acknowledged when all is done: the statuses have said how it went. */
  async #asked(driver: Driver, event: 'CONNECT' | 'DISCONNECT', message: AnyMessage): Promise<void> {
    // A resumed network frontend connects without having said UP (PROTOCOL.md 3.7).
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
    advice: `give it to ${how} first`,
    domid,
    expected: 'a domain that was added',
  });
}
