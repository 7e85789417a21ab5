import type { CtrlIfError } from '../errors.ts';
import type { NativeRinger } from '../page/addon.ts';
import type { EventPage } from '../page/page.ts';

/** Where a domain's page and doorbell are: its process, and their descriptors there. */
export interface EventsAddress {
  readonly pid: number;
  readonly page: number;
  readonly doorbell: number;
}

/** What it takes to notify a peer domain: the event bits in its page, and its doorbell. */
export class PeerEvents {
  readonly #page: EventPage;
  readonly #ownsPage: boolean;
  readonly #ringer: NativeRinger;
  readonly #notify: (port: number) => number;

  /**
   * @param page the peer's page; {@link close} unmaps it when `ownsPage`
   * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` when the peer's doorbell cannot be opened
   */
  constructor(page: EventPage, { pid, doorbell }: Pick<EventsAddress, 'pid' | 'doorbell'>, ownsPage: boolean) {
    this.#page = page;
    this.#ownsPage = ownsPage;
    this.#ringer = page.openRinger(pid, doorbell);
    this.#notify = page.openNotify();
  }

  /** As the constructor, for a page that the caller owns; undefined when this process may not open the peer's descriptors. */
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

  /** @param peer the peer to notify; {@link close} closes it */
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

/** The result of `open`; undefined when the other process cannot be seen from here, as from another PID namespace. */
export function ifReachable<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    const { code } = ((error as CtrlIfError).cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES') return undefined;
    throw error;
  }
}
