import type { BackendContext, FrontendContext } from '../device/context.ts';
import { MockChannels } from './mock-channels.ts';
import { MockMemory } from './mock-memory.ts';
import { MockPeer } from './mock-peer.ts';

/** A domain of a {@link MockMachine}: both ends of its link, and the contexts of its drivers. */
export interface MockDomain {
  /** The number of the domain. */
  readonly domid: number;
  /** The domain's end of the link. */
  readonly guest: MockPeer;
  /** The controller's end of the link. */
  readonly controller: MockPeer;
  /** The context of a frontend in this domain. */
  readonly frontend: FrontendContext;
  /** The context of a backend in this domain. */
  readonly backend: BackendContext;
}

/** A machine in one process, without rings and shared memory, for tests of frontends and backends. */
export class MockMachine {
  /** The frames of all domains. */
  readonly memory = new MockMemory();
  /** The event channels of all domains. */
  readonly channels = new MockChannels();
  readonly #domains = new Map<number, MockDomain>();

  /** The domain of that number. The first call makes it, and so does the first call after {@link kill}. */
  domain(domid: number): MockDomain {
    const found = this.#domains.get(domid);
    if (found) return found;
    const { guest, controller } = MockPeer.link();
    const channels = this.channels.of(domid);
    const domain: MockDomain = {
      domid,
      guest,
      controller,
      frontend: { peer: guest, frames: this.memory.owner(domid), channels },
      backend: { peer: guest, frames: this.memory.mapper(domid), channels },
    };
    this.#domains.set(domid, domain);
    return domain;
  }

  /** Kills the domain, as a signal would. The next {@link domain} of that number is a new one. */
  kill(domid: number): void {
    this.#domains.get(domid)?.guest.die();
    this.#domains.delete(domid);
    this.memory.removeDomain(domid);
  }
}
