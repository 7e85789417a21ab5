import { NativePage } from '../page/native-page.ts';
import { PAGE_BYTES } from '../wire/page.ts';
import { type EventsAddress, ifReachable, PeerEvents } from './peer-events.ts';

/** One use of a peer. */
export type Peer = Pick<PeerEvents, 'notify' | 'close'>;

/** The peers that this process can notify, each mapped once however many channels lead to it. */
export class PeerDirectory {
  readonly #peers = new Map<string, { events: PeerEvents; users: number }>();

  /** As {@link open}; undefined when this process may not see into the peer's, which can then be rung in other ways. */
  openIfReachable(address: EventsAddress): Peer | undefined {
    return ifReachable(() => this.open(address));
  }

  /**
   * Maps the peer's page and opens its doorbell, or takes what is there. Each use is given back by `close()`.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` or one of the page's, when the peer is gone or cannot be reached
   */
  open(address: EventsAddress): Peer {
    const key = `${address.pid}:${address.page}:${address.doorbell}`;
    let peer = this.#peers.get(key);
    if (!peer) {
      const page = NativePage.openAt(address.pid, address.page, 0, PAGE_BYTES);
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
}
