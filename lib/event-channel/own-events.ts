import { throwUncaught } from '../call-listener.ts';
import type { CtrlIfError } from '../errors.ts';
import type { NativeDoorbell } from '../page/addon.ts';
import { PORT_MASKED, PORT_PENDING } from '../page/native-codes.ts';
import type { EventPage } from '../page/page.ts';
import { AWAKE, PAGE_ASLEEP, PORTS } from '../wire/page.ts';

/** The most ports that one poll dispatches: a peer that notifies without end gets no more of a turn than that. */
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
  /** Events of ports that nobody listens on, and doorbells heard. */
  readonly counts = { unbound: 0, doorbells: 0 };

  /**
   * @param descriptor that of the segment which begins with the page, when it is not the page's own
   * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` when there is none to be had
   */
  constructor(page: EventPage, descriptor: number = page.fd) {
    this.#page = page;
    this.#descriptor = descriptor;
    this.#bits = page.openEvents(this.#fired);
    this.#holdingBits = page.openEvents(this.#holding);
    this.#doorbell = page.openDoorbell(this.#rung);
    // The domain's socket keeps the process alive, or lets it go.
    this.#doorbell.unref();
  }

  /** As the constructor; undefined where the runtime's event loop hears no doorbell, so that sockets must be rung. */
  static ifHeard(page: EventPage, descriptor?: number): OwnEvents | undefined {
    try {
      return new OwnEvents(page, descriptor);
    } catch (error) {
      const { code } = ((error as CtrlIfError).cause ?? {}) as NodeJS.ErrnoException;
      if (code === 'ENOSYS') return undefined;
      throw error;
    }
  }

  /** What a peer opens to notify this domain: the page's descriptor and the doorbell's, in this process. */
  get descriptors(): { page: number; doorbell: number } {
    return { page: this.#descriptor, doorbell: this.#doorbell.writeFd };
  }

  /**
   * Calls `onWoken` whenever this domain must be awake: its doorbell rang, and what had fired is dispatched; or a port has
   * fired that no doorbell announces. A second call replaces the first.
   */
  setListener(onWoken: () => void): void {
    this.#onWoken = onWoken;
  }

  /** Calls `fired` for each event of `port`, until {@link unlisten}, and for one that came before. */
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

  /** Checks a port again that a notifier may have left pending and unannounced, killed in the middle of it. */
  recheck(port: number): void {
    if (!this.status(port).masked) this.unmask(port);
  }

  status(port: number): { pending: boolean; masked: boolean } {
    const bits = this.#bits.status(port);
    return { pending: (bits & PORT_PENDING) !== 0, masked: (bits & PORT_MASKED) !== 0 };
  }

  /**
   * Calls the handler of each port that has fired, its bit cleared before; returns how many ports had fired. What a handler
   * throws is an uncaught exception, as of any event, and keeps no event from the others.
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

  /** Says that this domain sleeps (store, full fence); the caller then polls once more. Pairs with the notifier's claim. */
  arm(): void {
    this.#page.armWakeup(PAGE_ASLEEP);
  }

  disarm(): void {
    if (!this.#closed) this.#page.store32(PAGE_ASLEEP, AWAKE);
  }

  /**
   * For a blocking wait, which dispatches nothing: clears what has fired, to be dispatched after {@link release}. A port
   * that stays pending is not rung for again, and what is awaited may come by that very port.
   */
  hold(): void {
    for (let polls = 0; polls < PORTS / PORTS_A_POLL; polls++) {
      const count = this.#holdingBits.collect(PORTS_A_POLL);
      for (const port of this.#holding.subarray(0, count)) this.#held.add(port);
      if (count < PORTS_A_POLL) return;
    }
  }

  /** What was held is pending again; to be called awake, and before the next {@link dispatch}. */
  release(): void {
    if (!this.#closed) for (const port of this.#held) this.#bits.notify(port);
    this.#held.clear();
  }

  /** Blocks this thread until the doorbell rings or `milliseconds` have passed. */
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
    // At once, and not in the domain's next turn: the peer that rang has already waited for the wake-up.
    this.dispatch();
    this.#onWoken();
  };
}
