/** Every device of a machine, stated once: by the name of the domain that has it, from its attach to its detach. */
import type { DeviceClass, DeviceKey } from '../device/class.ts';
import { DomainRecord, type LedgerInterface } from './domain-record.ts';

/** Who has the only device of its key. */
export interface Holder {
  readonly domain: string;
  readonly interface: LedgerInterface;
}

/** The devices of all domains. It outlives restarts of either end, which change domids and nothing else in it. */
export class DeviceLedger {
  readonly #records = new Map<string, DomainRecord>();

  /** The record of that name; made at its first mention, and kept when the domain is gone: a backend may come again. */
  of(name: string): DomainRecord {
    const found = this.#records.get(name);
    if (found) return found;
    const made = new DomainRecord(name);
    this.#records.set(name, made);
    return made;
  }

  /** Whether a domain of that name has ever connected. */
  knows(name: string): boolean {
    return this.#records.get(name)?.lastDomid !== undefined;
  }

  /** A life has begun. Returns the domid of the one before. */
  lifeBegan(name: string, domid: number): number | undefined {
    const record = this.of(name);
    const before = record.lastDomid;
    record.domid = domid;
    record.lastDomid = domid;
    return before;
  }

  lifeEnded(name: string): void {
    this.of(name).domid = undefined;
  }

  /** Who has the device of that key, in that domain or at that backend, as the class has it. */
  holder(deviceClass: DeviceClass, key: DeviceKey, domain: string, backend: string): Holder | undefined {
    const isHere = (name: string, at: LedgerInterface) =>
      deviceClass.taken?.within === 'domain' ? name === domain : at.backend === backend;
    for (const { name, interfaces } of this.#records.values()) {
      for (const found of interfaces) {
        const isIt = found.deviceClass === deviceClass && found.devices.has(key) && isHere(name, found);
        if (isIt) return { domain: name, interface: found };
      }
    }
    return undefined;
  }
}
