import { throwUncaught } from '../call-listener.ts';
import type { CtrlIfError } from '../errors.ts';
import type { NativeDoorbell } from '../page/addon.ts';
import { PORT_MASKED, PORT_PENDING } from '../page/native-codes.ts';
import type { EventPage } from '../page/page.ts';
import { AWAKE, PAGE_ASLEEP, PORTS } from '../wire/page.ts';

/** The most ports that one poll dispatches. The limit keeps a peer that notifies without end from blocking the event loop. */
const PORTS_A_POLL = 64;

/** The ports of this process's own domain: the bits in its page, its doorbell, and a handler for each port. */
export class OwnEvents {
  readonly #page: EventPage;
  readonly #descriptor: number;
  readonly #doorbell: NativeDoorbell;
  readonly #fired = new Uint32Array(PORTS_A_POLL);
  readonly #bits: ReturnType<EventPage['openEvents']>;
  readonly #handlers = new Map<number, () => void>();
  readonly #holding = new Uint32Array(PORTS_A_POLL);
  readonly #holdingBits: ReturnType<EventPage['openEvents']>;
  readonly #held = new Set<number>();
  #onWoken: () => void = () => {};
  #dispatching = false;
  #closed = false;
  /** Events of ports without a listener, and times that the doorbell rang. */
  readonly counts = { unbound: 0, doorbells: 0 };

  /**
   * @param descriptor the descriptor of the segment that begins with the page. Default: the page's own
   * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` when no doorbell can be opened
   */
  constructor(page: EventPage, descriptor: number = page.fd) {
    this.#page = page;
    this.#descriptor = descriptor;
    this.#bits = page.openEvents(this.#fired);
    this.#holdingBits = page.openEvents(this.#holding);
    this.#doorbell = page.openDoorbell(this.#rung);
    // The domain's socket decides whether the process stays alive.
    this.#doorbell.unref();
  }

  /** As the constructor; undefined where the runtime's event loop cannot wait for a doorbell. Peers then ring over the socket. */
  static ifSupported(page: EventPage, descriptor?: number): OwnEvents | undefined {
    try {
      return new OwnEvents(page, descriptor);
    } catch (error) {
      const { code } = ((error as CtrlIfError).cause ?? {}) as NodeJS.ErrnoException;
      if (code === 'ENOSYS') return undefined;
      throw error;
    }
  }

  /** The descriptors of this process that a peer opens to notify this domain: the page's and the doorbell's. */
  get descriptors(): { page: number; doorbell: number } {
    return { page: this.#descriptor, doorbell: this.#doorbell.writeFd };
  }

  /**
   * Calls `onWoken` whenever this domain must be awake: after its doorbell rang and the events were dispatched, and when an
   * unmasked port has an event that no doorbell announces. A second call replaces the first.
   */
  setListener(onWoken: () => void): void {
    this.#onWoken = onWoken;
  }

  /** Calls `fired` for each event of `port` until {@link unlisten}, also for an event that came before this call. */
  listen(port: number, fired: () => void): void {
    this.#handlers.set(port, fired);
    if (this.#bits.unmask(port) === 1) this.#onWoken();
  }

  unlisten(port: number): void {
    this.#handlers.delete(port);
  }

  mask(port: number): void {
    this.#bits.mask(port);
  }

  unmask(port: number): void {
    if (this.#bits.unmask(port) === 1) this.#onWoken();
  }

  /** Checks a port again whose notifier was killed: it may have set the pending bit without announcing it. */
  recheck(port: number): void {
    if (!this.status(port).masked) this.unmask(port);
  }

  status(port: number): { pending: boolean; masked: boolean } {
    const bits = this.#bits.status(port);
    return { pending: (bits & PORT_PENDING) !== 0, masked: (bits & PORT_MASKED) !== 0 };
  }

  /**
   * Calls the handler of each port that has fired, after clearing its bit; returns how many ports had fired. An error that a
   * handler throws becomes an uncaught exception; the other handlers still run.
   */
  dispatch(): number {
    if (this.#closed || this.#dispatching) return 0;
    this.#dispatching = true;
    try {
      const count = this.#bits.collect(PORTS_A_POLL);
      for (let i = 0; i < count; i++) {
        const handler = this.#handlers.get(this.#fired[i]!);
        if (!handler) {
          this.counts.unbound++;
          continue;
        }
        try {
          handler();
        } catch (error) {
          throwUncaught(error);
        }
        if (this.#closed) return 0;
      }
      return count;
    } finally {
      this.#dispatching = false;
    }
  }

  /** Writes that this domain sleeps (store, full fence); the caller then polls once more. Pairs with the notifier's claim. */
  arm(): void {
    this.#page.armWakeup(PAGE_ASLEEP);
  }

  disarm(): void {
    if (!this.#closed) this.#page.store32(PAGE_ASLEEP, AWAKE);
  }

  /**
   * For a blocking wait, which dispatches nothing: clears the ports that have fired and keeps them until {@link release}. A port
   * that stays pending rings no more, and the awaited message may come by that port.
   */
  hold(): void {
    for (let polls = 0; polls < PORTS / PORTS_A_POLL; polls++) {
      const count = this.#holdingBits.collect(PORTS_A_POLL);
      for (const port of this.#holding.subarray(0, count)) this.#held.add(port);
      if (count < PORTS_A_POLL) return;
    }
  }

  /** Makes the held ports pending again. Call it awake, before the next {@link dispatch}. */
  release(): void {
    if (!this.#closed) for (const port of this.#held) this.#bits.notify(port);
    this.#held.clear();
  }

  /** Blocks this thread until the doorbell rings (true) or `milliseconds` have passed (false). */
  wait(milliseconds: number): boolean {
    return this.#doorbell.wait(milliseconds);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handlers.clear();
    this.#doorbell.close();
  }

  readonly #rung = (): void => {
    this.counts.doorbells++;
    // Dispatched at once and not in the domain's next turn: the peer has already waited for the wake-up.
    this.dispatch();
    this.#onWoken();
  };
}
