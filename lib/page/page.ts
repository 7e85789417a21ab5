import type { RingEngine, RingParts } from './ring-engine.ts';

/** Which engine moves the bytes: the addon, file reads and writes on the same object, or a SharedArrayBuffer. */
export type EngineName = 'native' | 'file' | 'sab';

/** What it costs to wait for a peer by polling a page of this engine. */
export interface PollCost {
  /** How often a ring is polled in one call before the event loop gets its turn: about 10 us, or two polls. */
  readonly pollsPerCall: number;
  /** What a poll and a wake-up cost, as a multiple of the native engine's. */
  readonly scale: number;
}

/**
 * Mapped shared memory, whatever maps it. Offsets are in bytes from the start and, for words, 4-aligned.
 * A word access is atomic with the order named; `read` and `write` move plain bytes whose order the words give.
 * After {@link unmap} every call throws `ERR_CTRL_IF_PAGE_CLOSED`.
 */
export interface Page {
  readonly engine: EngineName;
  /** Size of the mapping in bytes. */
  readonly bytes: number;
  /** False where a word is moved as bytes, so that another process may see it half-written. */
  readonly atomic: boolean;
  readonly pollCost: PollCost;
  /** Load-acquire; pairs with the peer's {@link store32}. */
  load32(offset: number): number;
  /** Store-release; pairs with the peer's {@link load32}. */
  store32(offset: number, value: number): void;
  /**
   * Stores `desired` where `expected` is found and returns what was found: acquire and release when it stores, acquire
   * when it does not; pairs with itself, {@link load32} and {@link store32}. Only where the page is {@link atomic}.
   */
  compareExchange32?(offset: number, expected: number, desired: number): number;
  /** The sleeper's half: store 1, full fence; the caller then looks at its rings once more before it sleeps. */
  armWakeup(offset: number): void;
  /** The notifier's half: full fence after its publish, then take the word. True: the peer slept, ring its doorbell. */
  claimWakeup(offset: number): boolean;
  /**
   * Attaches one half to a ring of this page, from the indices that are there: the engine's own mover of entries, or a
   * {@link import('./page-ring.ts').PageRing} over the words above.
   *
   * @throws an error whose code is `EPEERINDEX` where there are more requests than slots, and `ECLOSED` or
   *   `ERR_CTRL_IF_PAGE_CLOSED` after {@link unmap}
   */
  openRing(parts: RingParts): RingEngine;
  read(offset: number, target: Uint8Array): void;
  write(offset: number, source: Uint8Array): void;
  /** Gives the mapping back; idempotent. The memory lives until the last process has let go. */
  unmap(): void;
}
