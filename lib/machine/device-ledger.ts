/** The ledger: every device of a machine from its attach to its detach, by the name of its domain. */
import type { DeviceClass, DeviceKey } from '../device/class.ts';
import { DomainRecord, type LedgerInterface } from './domain-record.ts';

/** The domain that has the only device with a key. */
export interface Holder {
  readonly domain: string;
  readonly interface: LedgerInterface;
}

/** The devices of all domains. A restart of either end changes the domid in it and nothing else. */
export class DeviceLedger {
  readonly #records = new Map<string, DomainRecord>();

  /** The record of the domain `name`, created at the first call. It stays when the domain is gone, because a backend may return. */
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

  /** A life has begun. Returns the domid of the previous life. */
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

  /** The holder of the device with `key`: in `domain`, or at `backend`, whichever the class counts by. */
  holder(deviceClass: DeviceClass, key: DeviceKey, domain: string, backend: string): Holder | undefined {
    const isHere = (name: string, candidate: LedgerInterface) =>
      deviceClass.taken?.within === 'domain' ? name === domain : candidate.backend === backend;
    for (const { name, interfaces } of this.#records.values()) {
      for (const found of interfaces) {
        const isIt = found.deviceClass === deviceClass && found.devices.has(key) && isHere(name, found);
        if (isIt) return { domain: name, interface: found };
      }
    }
    return undefined;
  }
}
