import { CtrlIfError } from '../errors.ts';
import type { DeviceLedger } from './device-ledger.ts';
import type { BackendName } from './domain-devices.ts';
import type { ManagedDomain } from './managed-domain.ts';
import type { DomainReference } from './operations.ts';

/** The domains of a machine in the order of their creation. A domain leaves when it is gone for good. */
export class DomainRegistry implements Iterable<ManagedDomain> {
  readonly #domains = new Map<string, ManagedDomain>();
  readonly #ledger: DeviceLedger;

  constructor(ledger: DeviceLedger) {
    this.#ledger = ledger;
  }

  [Symbol.iterator](): IterableIterator<ManagedDomain> {
    return this.#domains.values();
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_DOMAIN_EXISTS` if the name is in use */
  add(domain: ManagedDomain): void {
    const { name } = domain.config;
    if (this.#domains.has(name)) throw exists(name);
    this.#domains.set(name, domain);
    domain.once('gone', () => this.#domains.delete(name));
  }

  /** By name or domid. @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` if there is no such domain */
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

  /** The domain that was started with `token` and has not connected yet. */
  expected(token: string | undefined): ManagedDomain | undefined {
    return token === undefined ? undefined : [...this].find((domain) => domain.token === token);
  }

  /**
   * The backend for a device; without a reference: the first driver domain. A backend that has ended may return, and its devices
   * wait for it.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` if there is no such domain and never was
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
