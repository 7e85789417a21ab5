import type { BackendContext, FrontendContext } from '../device/context.ts';
import { MockChannels } from './mock-channels.ts';
import { MockMemory } from './mock-memory.ts';
import { MockPeer } from './mock-peer.ts';

/** A domain of a {@link MockMachine}: its link's two ends, and what its drivers get. */
export interface MockDomain {
  readonly domid: number;
  /** The domain's own end. */
  readonly guest: MockPeer;
  /** The controller's end. */
  readonly controller: MockPeer;
  readonly frontend: FrontendContext;
  readonly backend: BackendContext;
}

/** A whole machine in one process, without rings and shared memory: for tests of frontends, of backends, and of both. */
export class MockMachine {
  readonly memory = new MockMemory();
  readonly channels = new MockChannels();
  readonly #domains = new Map<number, MockDomain>();

  /** The domain of that number; made at its first mention, and anew after {@link kill}. */
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

  /** Kills the domain, as a signal would; the next {@link domain} of that number is a new one. */
  kill(domid: number): void {
    this.#domains.get(domid)?.guest.die();
    this.#domains.delete(domid);
    this.memory.removeDomain(domid);
  }
}
