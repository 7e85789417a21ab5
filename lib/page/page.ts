import type { ENGINE_NUMBERS } from '../wire/page.ts';
import type { NativeDoorbell, NativeEvents, NativeRinger } from './addon.ts';
import type { RingEngine, RingParts } from './ring-engine.ts';

/** The engine of a page: `native` (the addon), `file` (file reads and writes on the same object) or `sab` (a SharedArrayBuffer). */
export type EngineName = keyof typeof ENGINE_NUMBERS;
/** An engine whose pages have names, by which other processes open them. */
export type NamedEngine = Exclude<EngineName, 'sab'>;

/** What it costs to wait for a peer by polling a page of this engine. */
export interface PollCost {
  /** How often a ring is polled before the event loop gets its turn: polls of about 10 us, at least two. */
  readonly pollsPerCall: number;
  /** The cost of a poll and a wake-up, as a multiple of the native engine's. */
  readonly scale: number;
}

/**
 * Mapped shared memory. Offsets are in bytes from its start; those of words are 4-aligned. A word access is atomic, with the
 * order that its description names. `read` and `write` copy plain bytes, which the words order. Each call throws a RangeError for
 * bytes outside the mapping, and `ERR_CTRL_IF_PAGE_CLOSED` after {@link unmap}.
 */
export interface Page {
  /** The engine that maps this memory. */
  readonly engine: EngineName;
  /** The engine's number in a control page (docs/page-layout.md): native 1, file 2, sab 3. */
  readonly engineNumber: number;
  /** Size of the mapping in bytes. */
  readonly bytes: number;
  /** False where a word is copied as bytes, so that a peer may read it half-written (docs/decisions/0002-the-file-engine-and-torn-words.md). */
  readonly atomic: boolean;
  /** What polling this page costs, for the idle strategies. */
  readonly pollCost: PollCost;
  /**
   * This page with the event channels of its domain, by which peers notify the domain. Undefined where the engine has no atomic
   * operation to set a bit. Peers then wake the domain over its socket.
   */
  readonly eventPage: EventPage | undefined;
  /** Load-acquire; pairs with the peer's {@link store32}. */
  load32(offset: number): number;
  /** Store-release; pairs with the peer's {@link load32}. */
  store32(offset: number, value: number): void;
  /** For the sleeper: stores 1, then a full fence. The caller then polls its rings once more before it sleeps. */
  armWakeup(offset: number): void;
  /** For the notifier, after its publish: a full fence, then takes the word. True: the peer sleeps, ring its doorbell. */
  claimWakeup(offset: number): boolean;
  /**
   * Attaches one half to a ring of this page and goes on from its indices. An engine without rings of its own returns a
   * {@link import('./page-ring.ts').PageRing}.
   *
   * @throws an error with code `EPEERINDEX` when the ring holds more unanswered requests than slots, and with `ECLOSED` or
   *   `ERR_CTRL_IF_PAGE_CLOSED` after {@link unmap}
   */
  openRing(parts: RingParts): RingEngine;
  /** Fills `target` with the bytes from `offset` on. */
  read(offset: number, target: Uint8Array): void;
  /** Copies `source` to the bytes from `offset` on. */
  write(offset: number, source: Uint8Array): void;
  /** Unmaps the memory, which lives until the last process unmaps it. Idempotent. */
  unmap(): void;
}

/** A page of shared memory that has, or had, a name. */
export interface NamedPage extends Page {
  readonly engine: NamedEngine;
  /** The user id of the segment's owner. */
  readonly uid: number;
  /** The segment's permissions (`0o600`). */
  readonly mode: number;
}

/** A page with the event channels of the domain that owns it. */
export interface EventPage extends NamedPage {
  /** The descriptor of the segment, open for peers that open it by its number; -1 when it was not kept. */
  readonly fd: number;
  /** For the owner: its event channels. `collect` writes the ports that fired to `fired`. */
  openEvents(fired: Uint32Array): NativeEvents;
  /** For a peer: the function that notifies a port of the owner. It returns 1 when the owner's doorbell must be rung. */
  openNotify(): NativeEvents['notify'];
  /** Opens a doorbell of this process; see {@link import('./native-doorbell.ts').openDoorbell}. */
  openDoorbell(onRing: () => void): NativeDoorbell;
  /** Opens the doorbell of process `pid`; see {@link import('./native-doorbell.ts').openRinger}. */
  openRinger(pid: number, descriptor: number): NativeRinger;
}

/** A page with compare-and-exchange, which the grants of a guest's memory need. */
export interface AtomicPage extends Page {
  readonly atomic: true;
  /**
   * Stores `desired` if the word is `expected`, and returns the former word. Acquire and release when it stores, else acquire;
   * pairs with itself, {@link load32} and {@link store32}.
   */
  compareExchange32(offset: number, expected: number, desired: number): number;
}
