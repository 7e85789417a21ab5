import type { DeviceClass, DeviceKey } from '../device/class.ts';
import type { Device } from '../device/manager/device.ts';
import { type Setting, Settings } from '../device/manager/settings.ts';

/** One interface of a domain to one backend, with its devices. */
export class LedgerInterface {
  readonly deviceClass: DeviceClass;
  /** The name of the backend's domain, the same in all its lives. */
  readonly backend: string;
  /** The same in all lives of the domain (PROTOCOL.md 3.7). */
  readonly handle: number;
  /** The devices as their class describes them, by key. */
  readonly devices = new Map<DeviceKey, object>();
  /** The settings that are sent to the backend after each CREATE, in any life. */
  readonly settings = new Settings();
  /** Undefined unless both ends are connected. */
  device: Device | undefined;

  constructor(deviceClass: DeviceClass, backend: string, handle: number) {
    this.deviceClass = deviceClass;
    this.backend = backend;
    this.handle = handle;
  }

  /** Sends the setting to the backend, now or after its next CREATE. */
  async set(setting: Setting): Promise<void> {
    if (this.device) await this.device.set(setting);
    else this.settings.set(setting);
  }

  /** Withdraws the setting, also at the backend if it has the interface. */
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

/** A domain and its interfaces, over all its lives. */
export class DomainRecord {
  readonly name: string;
  /** The domid of the present life. Undefined between two lives. */
  domid: number | undefined;
  /** The domid of the present or the last life. The next life serves the devices of the last one. */
  lastDomid: number | undefined;
  readonly interfaces = new Set<LedgerInterface>();

  constructor(name: string) {
    this.name = name;
  }

  interfacesOf(deviceClass: DeviceClass): LedgerInterface[] {
    return [...this.interfaces].filter((found) => found.deviceClass === deviceClass);
  }

  /** The interface for one more device of `backend`: an existing one or a new one, as the class says. */
  interfaceFor(deviceClass: DeviceClass, backend: string): LedgerInterface {
    const all = this.interfacesOf(deviceClass);
    const found = deviceClass.interfacePer === 'backend' && all.find((candidate) => candidate.backend === backend);
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

  /** Removes a device, and its interface with the last one. */
  delete(found: LedgerInterface, key: DeviceKey): void {
    found.devices.delete(key);
    if (found.devices.size === 0) this.interfaces.delete(found);
  }
}
