/** The `creditBytes` of a CREDITLIMIT without a limit. A period of 0 also means no limit. */
export const UNLIMITED_CREDIT = 0xffff_ffff;

/** The limit of NETIF_BE_CREDITLIMIT (`netif_be_creditlimit_t`). */
export interface CreditLimit {
  /** Bytes in each period, u32. */
  readonly creditBytes: number;
  /** The length of a period in microseconds, u32. 0 means no limit. */
  readonly periodUsec: number;
}

/**
 * The credit of NETIF_BE_CREDITLIMIT: `creditBytes` in each `periodUsec`. At most one period's credit is saved. A packet larger than that
 * passes a full bucket, and the next periods pay for it. So only credit 0 stops a packet for ever, unlike in the original (PROTOCOL.md 2.6).
 */
export class TokenBucket {
  readonly #now: () => number;
  #limit: CreditLimit = { creditBytes: UNLIMITED_CREDIT, periodUsec: 0 };
  /** Bytes; below 0 while a large packet is being paid for. */
  #remaining = 0;
  #replenishedAt = 0;

  /** A bucket without a limit. `now` returns microseconds since any fixed start. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The last limit that was set. */
  get limit(): CreditLimit {
    return this.#limit;
  }

  /** Sets a new limit and fills the bucket (PROTOCOL.md 2.6). */
  setLimit(limit: CreditLimit): void {
    this.#limit = limit;
    this.#remaining = limit.creditBytes;
    this.#replenishedAt = this.#now();
  }

  /** Takes the credit for a packet of that many bytes. Returns false, and takes none, when there is too little. */
  take(bytes: number): boolean {
    if (this.#isUnlimited) return true;
    this.#replenish();
    if (!this.#affords(bytes)) return false;
    this.#remaining -= bytes;
    return true;
  }

  /** The microseconds until `take` of that many bytes succeeds if no other packet takes credit. 0: now; Infinity: never. */
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
    // Whole periods only, so that a late call keeps its part of the next period.
    this.#replenishedAt += periods * periodUsec;
    this.#remaining = Math.min(creditBytes, this.#remaining + periods * creditBytes);
  }
}
