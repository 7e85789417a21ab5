import { CtrlIfError } from '../errors.ts';
import type { Engine } from '../page/engine.ts';
import type { EngineName, EventPage } from '../page/page.ts';
import { type EventsAddress, ifReachable, PeerEvents } from './peer-events.ts';

/** The error for an engine whose pages cannot be notified. */
export function noEventChannels(engine: EngineName): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_ENGINE',
    `event channels need the native engine: the ${engine} engine cannot set a bit atomically`,
    { advice: 'build the addon (npm run build)', expected: 'native', received: engine },
  );
}

/** One use of a peer. `close()` ends this use. */
export type Peer = Pick<PeerEvents, 'notify' | 'close'>;

/** The peers that this process can notify. Each is mapped once, however many channels lead to it. */
export class PeerDirectory {
  readonly #engine: Pick<Engine, 'name' | 'openEventPage'>;
  readonly #peers = new Map<string, { events: PeerEvents; users: number }>();

  /** @param engine the engine of this process's own pages */
  constructor(engine: Pick<Engine, 'name' | 'openEventPage'>) {
    this.#engine = engine;
  }

  /** As {@link open}; undefined when this process may not open descriptors of the peer's process. */
  openIfReachable(address: EventsAddress): Peer | undefined {
    return ifReachable(() => this.open(address));
  }

  /**
   * Maps the peer's page and opens its doorbell, or shares what an earlier call opened. The last `close()` gives both back.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ENGINE` when the engine has no event channels; `ERR_CTRL_IF_DOORBELL` or
   *   `ERR_CTRL_IF_PAGE_*` when the peer is gone or cannot be reached
   */
  open(address: EventsAddress): Peer {
    const key = `${address.pid}:${address.page}:${address.doorbell}`;
    let peer = this.#peers.get(key);
    if (!peer) {
      const page = this.#openPage(address);
      try {
        peer = { events: new PeerEvents(page, address, true), users: 0 };
      } catch (error) {
        page.unmap();
        throw error;
      }
      this.#peers.set(key, peer);
    }
    const { events } = peer;
    const entry = peer;
    entry.users++;
    return {
      notify: (port) => events.notify(port),
      close: () => {
        if (--entry.users > 0) return;
        this.#peers.delete(key);
        events.close();
      },
    };
  }
  #openPage({ pid, page }: EventsAddress): EventPage {
    const opened = this.#engine.openEventPage?.(pid, page);
    if (opened) return opened;
    throw noEventChannels(this.#engine.name);
  }
}
