import type { ENGINE_NUMBERS } from '../wire/page.ts';
import type { NativeDoorbell, NativeEvents, NativeRinger } from './addon.ts';
import type { RingEngine, RingParts } from './ring-engine.ts';

/** Which engine moves the bytes: the addon, file reads and writes on the same object, or a SharedArrayBuffer. */
export type EngineName = keyof typeof ENGINE_NUMBERS;
/** An engine whose pages have names, by which other processes open them. */
export type NamedEngine = Exclude<EngineName, 'sab'>;

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
  /** The engine's number, by which the page names it to the peer ({@link import('../wire/page.ts').ENGINE_NUMBERS}). */
  readonly engineNumber: number;
  /** Size of the mapping in bytes. */
  readonly bytes: number;
  /** False where a word is moved as bytes, so that another process may see it half-written (docs/decisions/0002-the-file-engine-and-torn-words.md). */
  readonly atomic: boolean;
  readonly pollCost: PollCost;
  /**
   * This page with the event channels of its domain, by which peers notify it. Undefined where its engine cannot set a bit
   * that others set as well: the domain is rung over its socket then.
   */
  readonly eventPage: EventPage | undefined;
  /** Load-acquire; pairs with the peer's {@link store32}. */
  load32(offset: number): number;
  /** Store-release; pairs with the peer's {@link load32}. */
  store32(offset: number, value: number): void;
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

/** A page of shared memory that has, or had, a name. */
export interface NamedPage extends Page {
  readonly engine: NamedEngine;
  /** The user id of the segment's owner, and its permissions (`0o600`). */
  readonly uid: number;
  readonly mode: number;
}

/** A page whose domain can be notified through it. */
export interface EventPage extends NamedPage {
  /** The descriptor of the segment, kept for peers that open it by its number; -1 when it was not. */
  readonly fd: number;
  /** The event channels of the domain whose page this is; those that fired are written to `fired`. */
  openEvents(fired: Uint32Array): NativeEvents;
  /** Notifies a port of the domain whose page this is; 1: ring its doorbell. */
  openNotify(): NativeEvents['notify'];
  /** A doorbell of this process; see {@link import('./native-doorbell.ts').openDoorbell}. */
  openDoorbell(onRing: () => void): NativeDoorbell;
  /** The doorbell of process `pid`; see {@link import('./native-doorbell.ts').openRinger}. */
  openRinger(pid: number, descriptor: number): NativeRinger;
}

/** A page whose words can be exchanged, as the grants of a guest's memory are. */
export interface AtomicPage extends Page {
  readonly atomic: true;
  /**
   * Stores `desired` where `expected` is found and returns what was found: acquire and release when it stores, acquire
   * when it does not; pairs with itself, {@link load32} and {@link store32}.
   */
  compareExchange32(offset: number, expected: number, desired: number): number;
}
