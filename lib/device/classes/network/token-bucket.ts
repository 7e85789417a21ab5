/** `creditBytes` of CREDITLIMIT that means no limit, as its period 0 does. */
export const UNLIMITED_CREDIT = 0xffff_ffff;

export interface CreditLimit {
  /** Bytes a period, u32. */
  readonly creditBytes: number;
  /** Microseconds, u32; 0 means no limit. */
  readonly periodUsec: number;
}

/**
 * The credit of NETIF_BE_CREDITLIMIT: `creditBytes` every `periodUsec`, not saved up beyond one period's. A packet larger
 * than that passes on a full bucket and is paid for by the periods after it, so that no credit but 0 stops a packet for
 * ever, as the original's could (PROTOCOL.md 2.6).
 */
export class TokenBucket {
  readonly #now: () => number;
  #limit: CreditLimit = { creditBytes: UNLIMITED_CREDIT, periodUsec: 0 };
  /** Bytes; below 0 while a large packet is being paid for. */
  #remaining = 0;
  #replenishedAt = 0;

  /** `now` tells microseconds, from any start, never backwards. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get limit(): CreditLimit {
    return this.#limit;
  }

  /** A new limit, and a full bucket (PROTOCOL.md 2.6). */
  setLimit(limit: CreditLimit): void {
    this.#limit = limit;
    this.#remaining = limit.creditBytes;
    this.#replenishedAt = this.#now();
  }

  /** Takes the credit for a packet of that many bytes; false, and nothing taken, where it is not there yet. */
  take(bytes: number): boolean {
    if (this.#isUnlimited) return true;
    this.#replenish();
    if (!this.#affords(bytes)) return false;
    this.#remaining -= bytes;
    return true;
  }

  /** Microseconds until `take` of that many bytes succeeds if nobody else takes any: 0 for now, Infinity for never. */
  delay(bytes: number): number {
    if (this.#isUnlimited) return 0;
    this.#replenish();
    if (this.#affords(bytes)) return 0;
    const { creditBytes, periodUsec } = this.#limit;
    if (creditBytes === 0) return Number.POSITIVE_INFINITY;
    const periods = Math.ceil((Math.min(bytes, creditBytes) - this.#remaining) / creditBytes);
    return this.#replenishedAt + periods * periodUsec - this.#now();
  }

  get #isUnlimited(): boolean {
    return this.#limit.periodUsec === 0 || this.#limit.creditBytes === UNLIMITED_CREDIT;
  }

  #affords(bytes: number): boolean {
    const { creditBytes } = this.#limit;
    return creditBytes > 0 && this.#remaining >= Math.min(bytes, creditBytes);
  }

  #replenish(): void {
    const { creditBytes, periodUsec } = this.#limit;
    const periods = Math.floor((this.#now() - this.#replenishedAt) / periodUsec);
    if (periods <= 0) return;
    // Whole periods only, so that a late look loses nothing of the next one.
    this.#replenishedAt += periods * periodUsec;
    this.#remaining = Math.min(creditBytes, this.#remaining + periods * creditBytes);
  }
}
