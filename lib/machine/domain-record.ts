import type { DeviceClass, DeviceKey } from '../device/class.ts';
import type { Device } from '../device/manager/device.ts';
import { type Setting, Settings } from '../device/manager/settings.ts';

/** One interface of a domain to one backend, and the devices behind it. */
export class LedgerInterface {
  readonly deviceClass: DeviceClass;
  /** The backend's name, which it keeps from one life to the next. */
  readonly backend: string;
  /** Kept from one life to the next as well (PROTOCOL.md 3.7). */
  readonly handle: number;
  /** What its class keeps of each device, by what that is called by. */
  readonly devices = new Map<DeviceKey, object>();
  /** What the backend is told after each CREATE, in whatever life. */
  readonly settings = new Settings();
  /** While both ends live. */
  device: Device | undefined;

  constructor(deviceClass: DeviceClass, backend: string, handle: number) {
    this.deviceClass = deviceClass;
    this.backend = backend;
    this.handle = handle;
  }

  /** Has the backend take it, now or at its next CREATE. */
  async set(setting: Setting): Promise<void> {
    if (this.device) await this.device.set(setting);
    else this.settings.set(setting);
  }

  /** Takes it back, where the backend has it. */
  async unset(setting: Setting): Promise<void> {
    if (this.device) await this.device.unset(setting);
    else this.settings.delete(setting.about);
  }

  /** Whether the backend has the interface, and that device in it. */
  serves(key: DeviceKey): boolean {
    const setting = this.deviceClass.setting?.(this.devices.get(key));
    const isThere = this.device?.state === 'CONNECTED' || this.device?.state === 'DISCONNECTED';
    return isThere && !(setting && this.device?.refusalOf(setting));
  }
}

/** A domain and its interfaces, whatever life it is in. */
export class DomainRecord {
  readonly name: string;
  /** Of its present life; undefined between two. */
  domid: number | undefined;
  /** Of its present life, or of the one before: what it served then it serves again. */
  lastDomid: number | undefined;
  readonly interfaces = new Set<LedgerInterface>();

  constructor(name: string) {
    this.name = name;
  }

  interfacesOf(deviceClass: DeviceClass): LedgerInterface[] {
    return [...this.interfaces].filter((found) => found.deviceClass === deviceClass);
  }

  /** The interface that one more device of that backend belongs to: one that there is, or a new one. */
  interfaceFor(deviceClass: DeviceClass, backend: string): LedgerInterface {
    const all = this.interfacesOf(deviceClass);
    const found = deviceClass.interfacePer === 'backend' && all.find((one) => one.backend === backend);
    if (found) return found;
    const taken = new Set(all.map(({ handle }) => handle));
    let handle = 0;
    while (taken.has(handle)) handle++;
    return new LedgerInterface(deviceClass, backend, handle);
  }

  /** The interface of that device. */
  find(deviceClass: DeviceClass, key: DeviceKey): LedgerInterface | undefined {
    return this.interfacesOf(deviceClass).find(({ devices }) => devices.has(key));
  }

  add(found: LedgerInterface, key: DeviceKey, device: object): void {
    found.devices.set(key, device);
    this.interfaces.add(found);
  }

  /** Without its last device an interface is none. */
  delete(found: LedgerInterface, key: DeviceKey): void {
    found.devices.delete(key);
    if (found.devices.size === 0) this.interfaces.delete(found);
  }
}
