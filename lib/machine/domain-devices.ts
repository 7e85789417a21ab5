import { randomBytes } from 'node:crypto';
import type { Device } from '../device/manager/device.ts';
import { CtrlIfError } from '../errors.ts';
import type { ResolvedConfig } from './config.ts';
import type { DeviceManagers } from './device-managers.ts';
import { Disks } from './disks.ts';
import { forEachSettled } from './for-each-settled.ts';
import type { DeviceClass, DeviceInfo, DiskConfig, DomainReference, UsbConfig, VifConfig } from './operations.ts';
import type { PdeviceTable } from './pdevice-table.ts';
import { UsbPorts } from './usb-ports.ts';
import { Vifs } from './vifs.ts';

/** How long to wait for a frontend that may not exist, in milliseconds. */
const CONNECT_TIMEOUT = 2000;

/** Who serves a device, by its name, which it keeps from one life to the next. */
export interface BackendName {
  readonly name: string;
  /** While it is connected. */
  readonly domid: number | undefined;
}

export interface DevicesContext {
  readonly managers: DeviceManagers;
  readonly pdevices: PdeviceTable;
  /** @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` for who is none; without a reference: the machine's driver domain */
  backend(reference: DomainReference | undefined): BackendName;
  /** The name of the domain that has that USB port of that backend. */
  portOwner(backend: string, path: string): string | undefined;
}

/** Where the devices of a class of one domain are attached. */
export interface Attaching extends DevicesContext {
  /** The frontend's domid now. */
  readonly domid: number;
}

/** The ends of a device, and what they share while it is connected. */
export interface DeviceEnds {
  frontend: number;
  backend: number;
  state: string;
  /** The status of a part that its backend refused. */
  refused?: string;
  frames?: readonly number[];
  ports?: { readonly frontend: number; readonly backend: number };
  /** Whether a pattern and a notification have crossed both ways. */
  crossed?: boolean;
}

/** What is told of the ends of a device, or of a part of it that its backend has refused. */
export type Describe = (device: Device | undefined, refusal?: CtrlIfError) => DeviceEnds;

/** What the three classes have in common: devices that their domain keeps while it reboots or is suspended. */
export interface ClassDevices {
  /**
   * Attaches again all that were attached before; one that cannot be is tried again the next time.
   *
   * @throws what was wrong with the first of those, when all others are attached
   */
  replay(at: Attaching): Promise<void>;
  /** Takes all interfaces from the backends. */
  release(managers: DeviceManagers): Promise<void>;
  /** The domain has ended, and its interfaces with it. */
  lifeEnded(): void;
  /** The domain is gone for good. */
  domainGone(pdevices: PdeviceTable): void;
  list(describe: Describe): DeviceInfo[];
}

/** The devices of one domain, whatever life it is in. One operation at a time. */
export class DomainDevices {
  readonly #with: DevicesContext;
  readonly #disks = new Disks();
  readonly #vifs = new Vifs();
  readonly #usbs = new UsbPorts();
  #domid: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(context: DevicesContext) {
    this.#with = context;
  }

  /** All that its configuration has, in order; resolves as {@link connected} does. */
  async attachAll({ disks, vifs, usbs }: Pick<ResolvedConfig, 'disks' | 'vifs' | 'usbs'>): Promise<void> {
    for (const disk of disks) await this.#addDisk(disk);
    for (const vif of vifs) await this.#addVif(vif);
    for (const usb of usbs) await this.#addUsb(usb);
    await this.connected();
  }

  async attachDisk(disk: DiskConfig): Promise<DeviceInfo> {
    await this.#addDisk(disk);
    return this.#whenConnected('block', ({ id }) => id === String(disk.vdevice));
  }

  detachDisk(vdevice: number): Promise<void> {
    return this.#inTurn(() => this.#disks.detach(this.#with, vdevice));
  }

  async attachVif(vif: VifConfig): Promise<DeviceInfo> {
    const handle = await this.#addVif(vif);
    return this.#whenConnected('network', (device) => device.handle === handle);
  }

  detachVif(handle: number): Promise<void> {
    return this.#inTurn(() => this.#vifs.detach(this.#with, handle));
  }

  limitVif(handle: number, credit: VifConfig['credit']): Promise<void> {
    return this.#inTurn(() => this.#vifs.limit(handle, credit));
  }

  async attachUsb(usb: UsbConfig): Promise<DeviceInfo> {
    await this.#addUsb(usb);
    return this.#whenConnected('usb', ({ id }) => id === usb.path);
  }

  detachUsb(path: string): Promise<void> {
    return this.#inTurn(() => this.#usbs.detach(this.#with, path));
  }

  /** The domain has connected, or resumes: what it had is attached again, as in {@link ClassDevices.replay}. */
  replay(domid: number): Promise<void> {
    this.#domid = domid;
    return this.#replay();
  }

  /** A domain that may be a backend has connected: what has waited for it is attached. */
  backendCame(): Promise<void> {
    return this.#domid === undefined ? Promise.resolve() : this.#replay();
  }

  /** The domain is suspended: its backends let go of everything. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      for (const devices of this.#classes) await devices.release(this.#with.managers);
      this.#domid = undefined;
    });
  }

  /** The domain has ended: its interfaces are destroyed. What it had is remembered. */
  lifeEnded(domid: number): Promise<void> {
    this.#domid = undefined;
    return this.#inTurn(async () => {
      for (const devices of this.#classes) devices.lifeEnded();
      await this.#with.managers.remove(domid);
    });
  }

  domainGone(): void {
    for (const devices of this.#classes) devices.domainGone(this.#with.pdevices);
  }

  list(deviceClass?: DeviceClass): readonly DeviceInfo[] {
    const lists = { block: this.#disks, network: this.#vifs, usb: this.#usbs };
    const describe: Describe = (device, refusal) => this.#describe(device, refusal);
    return deviceClass
      ? lists[deviceClass].list(describe)
      : Object.values(lists).flatMap((devices) => devices.list(describe));
  }

  hasPort(backend: string, path: string): boolean {
    return this.#usbs.has(backend, path);
  }

  #addDisk(disk: DiskConfig): Promise<void> {
    return this.#inTurn(() => this.#disks.attach(this.#attaching(), disk));
  }

  /** Resolves with its handle. */
  #addVif(vif: VifConfig): Promise<number> {
    const whole = { ...vif, mac: vif.mac ?? randomMac() };
    return this.#inTurn(() => this.#vifs.attach(this.#attaching(), whole));
  }

  #addUsb(usb: UsbConfig): Promise<void> {
    return this.#inTurn(() => this.#usbs.attach(this.#attaching(), usb));
  }

  get #classes(): readonly ClassDevices[] {
    return [this.#disks, this.#vifs, this.#usbs];
  }

  #replay(): Promise<void> {
    return this.#inTurn(() =>
      forEachSettled(this.#classes, async (devices) => {
        // It may end meanwhile.
        if (this.#domid !== undefined) await devices.replay(this.#attaching());
      }),
    );
  }

  #attaching(): Attaching {
    const domid = this.#domid;
    if (domid !== undefined) return { ...this.#with, domid };
    throw new CtrlIfError(
      'ERR_CTRL_IF_DOMAIN_STATE',
      'devices are attached to a domain that runs; this one has ended, waits for its restart or is suspended',
      { expected: 'a running domain' },
    );
  }

  /** Resolves when all devices are connected that have a frontend. */
  async connected(): Promise<void> {
    const waits = this.list().map((one) => this.#whenConnected(one.class, ({ id }) => id === one.id));
    // One that is detached meanwhile is not waited for.
    await Promise.allSettled(waits);
  }

  /** A guest without a frontend for it never connects: then as it is. */
  async #whenConnected(deviceClass: DeviceClass, isIt: (device: DeviceInfo) => boolean): Promise<DeviceInfo> {
    const deadline = AbortSignal.timeout(CONNECT_TIMEOUT);
    const late = new Promise<void>((resolve) => deadline.addEventListener('abort', () => resolve(), { once: true }));
    for (;;) {
      const changed = this.#with.managers.nextChange();
      const device = this.list(deviceClass).find(isIt);
      if (!device)
        throw noDevice(`the ${deviceClass} device was detached before it was connected`, 'it to stay', 'nothing');
      // A domain that has ended connects nothing before its next life.
      if (device.state === 'CONNECTED' || device.state === 'REFUSED' || this.#domid === undefined || deadline.aborted)
        return device;
      await Promise.race([changed, late]);
    }
  }

  #describe(device: Device | undefined, refusal: CtrlIfError | undefined): DeviceEnds {
    if (!device) return { frontend: this.#domid ?? 0, backend: 0, state: 'WAITING' };
    const { frontend, backend, state, channel, frames } = device;
    if (refusal) {
      const refused = String(refusal.received);
      return { frontend: frontend.domid, backend: backend.domid, state: 'REFUSED', refused };
    }
    if (state !== 'CONNECTED' || !channel) return { frontend: frontend.domid, backend: backend.domid, state };
    const ports = { frontend: channel.portB, backend: channel.portA };
    const crossed = this.#with.managers.hasCrossed(device);
    return { frontend: frontend.domid, backend: backend.domid, state, frames, ports, crossed };
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(action);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

/** One of Xen's own range. */
function randomMac(): string {
  const [a, b, c] = randomBytes(3);
  return ['00', '16', '3e', ...[a! & 0x7f, b!, c!].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

export function noDevice(what: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DEVICE_NOT_FOUND', `${what}; expected ${expected}`, { expected, received });
}
