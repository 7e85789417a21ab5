import type { CtrlIfError } from '../errors.ts';
import type { NativeRinger } from '../page/addon.ts';
import type { EventPage } from '../page/page.ts';

/** Where a domain's page and doorbell are: descriptors of its process. */
export interface EventsAddress {
  readonly pid: number;
  readonly page: number;
  readonly doorbell: number;
}

/** A peer domain, as far as it can be notified: its page's event bits, and its doorbell. */
export class PeerEvents {
  readonly #page: EventPage;
  readonly #ownsPage: boolean;
  readonly #ringer: NativeRinger;
  readonly #notify: (port: number) => number;

  /**
   * @param page the peer's page; unmapped with {@link close} when it was mapped for this alone
   * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` when the peer's doorbell cannot be opened
   */
  constructor(page: EventPage, { pid, doorbell }: Pick<EventsAddress, 'pid' | 'doorbell'>, ownsPage: boolean) {
    this.#page = page;
    this.#ownsPage = ownsPage;
    this.#ringer = page.openRinger(pid, doorbell);
    this.#notify = page.openNotify();
  }

  /** As the constructor, for a page that stays another's; undefined when this process may not see into the peer's. */
  static ifReachable(page: EventPage, address: Pick<EventsAddress, 'pid' | 'doorbell'>): PeerEvents | undefined {
    return ifReachable(() => new PeerEvents(page, address, false));
  }

  /** Sets the port's bit and, where the peer sleeps, rings its doorbell; true when it did. */
  notify(port: number): boolean {
    if (this.#notify(port) === 0) return false;
    this.#ringer.ring();
    return true;
  }

  close(): void {
    this.#ringer.close();
    if (this.#ownsPage) this.#page.unmap();
  }
}

/** One port of a peer. */
export class PeerPort {
  readonly #peer: Pick<PeerEvents, 'notify' | 'close'>;
  readonly #port: number;

  /** @param peer closed with {@link close} */
  constructor(peer: Pick<PeerEvents, 'notify' | 'close'>, port: number) {
    this.#peer = peer;
    this.#port = port;
  }

  /** Sets the port's bit and, where the peer sleeps, rings its doorbell; true when it did. */
  notify(): boolean {
    return this.#peer.notify(this.#port);
  }

  close(): void {
    this.#peer.close();
  }
}

/** What `open` opens of another process; undefined when that cannot be seen from here, as from another PID namespace. */
export function ifReachable<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    const { code } = ((error as CtrlIfError).cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES') return undefined;
    throw error;
  }
}
