import { CtrlIfError } from '../../../errors.ts';
import type { Clock } from '../../clock.ts';
import { type CreditLimit, TokenBucket } from './token-bucket.ts';

interface Waiting {
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: CtrlIfError) => void;
}

/** Admits packets in order, each when there is credit for it. */
export class CreditGate {
  readonly #bucket: TokenBucket;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #cancelTimer: () => void = () => {};

  /** A gate without a limit. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(clock.now);
  }

  /** The last limit that was set. */
  get limit(): CreditLimit {
    return this.#bucket.limit;
  }

  /** Sets a new limit, also for the packets that wait. */
  setLimit(limit: CreditLimit): void {
    this.#bucket.setLimit(limit);
    this.#pass();
  }

  /**
   * Resolves when a packet of that many bytes may go out.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_CLOSED` when the interface disconnects first
   */
  admit(bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject });
      if (this.#waiting.length === 1) this.#pass();
    });
  }

  /** Rejects all packets that wait. In the original they held the pages for ever (PROTOCOL.md 5.3 H24). */
  close(): void {
    this.#cancelTimer();
    for (const { bytes, reject } of this.#waiting.splice(0)) {
      reject(
        new CtrlIfError(
          'ERR_CTRL_IF_CLOSED',
          `the interface was disconnected while a packet of ${bytes} bytes waited for credit`,
          { advice: 'drop the packet' },
        ),
      );
    }
  }

  #pass(): void {
    this.#cancelTimer();
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if (!this.#bucket.take(first.bytes)) {
        const delay = this.#bucket.delay(first.bytes);
        // Infinity: with credit 0 the packet waits for a new limit.
        if (delay !== Number.POSITIVE_INFINITY) this.#cancelTimer = this.#clock.after(delay, () => this.#pass());
        return;
      }
      this.#waiting.shift();
      first.resolve();
    }
  }
}
