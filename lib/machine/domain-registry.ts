import { CtrlIfError } from '../errors.ts';
import type { DeviceLedger } from './device-ledger.ts';
import type { BackendName } from './domain-devices.ts';
import type { ManagedDomain } from './managed-domain.ts';
import type { DomainReference } from './operations.ts';

/** The domains of a machine, from their creation until they are gone for good, in the order in which they were created. */
export class DomainRegistry implements Iterable<ManagedDomain> {
  readonly #domains = new Map<string, ManagedDomain>();
  readonly #ledger: DeviceLedger;

  constructor(ledger: DeviceLedger) {
    this.#ledger = ledger;
  }

  [Symbol.iterator](): IterableIterator<ManagedDomain> {
    return this.#domains.values();
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_EXISTS` */
  add(domain: ManagedDomain): void {
    const { name } = domain.config;
    if (this.#domains.has(name)) throw exists(name);
    this.#domains.set(name, domain);
    domain.once('gone', () => this.#domains.delete(name));
  }

  /** By name or domid. @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` */
  find(reference: DomainReference): ManagedDomain {
    const found =
      this.#domains.get(String(reference)) ??
      [...this].find(({ link }) => link && String(link.domid) === String(reference));
    if (found) return found;
    const names = [...this.#domains.keys()].join(', ') || 'none';
    throw new CtrlIfError('ERR_CTRL_IF_DOMAIN', `there is no domain ${reference}; the domains are: ${names}`, {
      subject: String(reference),
      expected: `one of ${names}`,
      received: reference,
    });
  }

  /** The one that was started with that token and has not connected yet. */
  expected(token: string | undefined): ManagedDomain | undefined {
    return token === undefined ? undefined : [...this].find((domain) => domain.token === token);
  }

  /**
   * Who is to serve a device; without a reference: the first driver domain. One that has ended may come again, and its devices
   * wait for it.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` where there is none, and never was
   */
  backend(reference: DomainReference | undefined): BackendName {
    const name = this.#backendName(reference);
    return { name, domid: this.#ledger.of(name).domid };
  }

  #backendName(reference: DomainReference | undefined): string {
    if (typeof reference === 'string' && this.#ledger.knows(reference)) return reference;
    if (reference !== undefined) return this.find(reference).config.name;
    const first = [...this].find(({ config }) => config.driver);
    if (first) return first.config.name;
    throw new CtrlIfError('ERR_CTRL_IF_DOMAIN', 'this machine has no driver domain', {
      advice: 'create one (driver: true), or name the backend of the device',
    });
  }
}

function exists(name: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_DOMAIN_EXISTS', `there is a domain ${name} already`, {
    advice: 'take another name, or destroy that one first',
    subject: name,
  });
}
