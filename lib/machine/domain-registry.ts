import { CtrlIfError } from '../errors.ts';
import type { BackendName } from './domain-devices.ts';
import type { ManagedDomain } from './managed-domain.ts';
import type { DomainReference } from './operations.ts';

/** The domains of a machine, from their creation until they are gone for good, in the order in which they were created. */
export class DomainRegistry implements Iterable<ManagedDomain> {
  readonly #domains = new Map<string, ManagedDomain>();
  /** The domid of each name's life now, or of its last. */
  readonly #domids = new Map<string, number>();

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

  /** The domain of that name lives under that domid from now on. Returns the domid of the life before. */
  cameAs(name: string, domid: number): number | undefined {
    const before = this.#domids.get(name);
    this.#domids.set(name, domid);
    return before;
  }

  /**
   * Who is to serve a device; without a reference: the first driver domain. One that has ended may come again, and its devices
   * wait for it.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` where there is none, and never was
   */
  backend(reference: DomainReference | undefined): BackendName {
    if (reference === undefined) {
      const first = [...this].find(({ config }) => config.driver);
      if (first) return { name: first.config.name, domid: first.link?.domid };
      throw new CtrlIfError(
        'ERR_CTRL_IF_DOMAIN',
        'this machine has no driver domain; create one (driver: true), or name the backend of the device',
      );
    }
    if (typeof reference === 'string' && this.#domids.has(reference)) {
      return { name: reference, domid: this.#domains.get(reference)?.link?.domid };
    }
    const { config, link } = this.find(reference);
    return { name: config.name, domid: link?.domid };
  }
}

function exists(name: string): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_DOMAIN_EXISTS',
    `there is a domain ${name} already; take another name, or destroy that one first`,
    { subject: name },
  );
}
