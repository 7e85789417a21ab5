import { CtrlIfError } from '../errors.ts';
import { closedError } from '../page/failure.ts';
import type { Page } from '../page/page.ts';
import { entriesOf } from '../page/page-ring.ts';
import type { RingGeometry } from '../page/ring-engine.ts';
import { CONTROL_TX } from '../wire/control-rings.ts';
import { REQ_PROD_OFFSET, RSP_PROD_OFFSET } from '../wire/layout.ts';
import { openRingEngine, PEER_INDEX, RING_CLOSED, RING_PEER, type RingEngine, type RingRole } from './engine.ts';

/** Options of a half: where the ring lies (default: the control page's `tx_ring`), and what its peer does. */
export interface RingOptions extends Partial<RingGeometry> {
  /**
   * Whether the peer writes its index as bytes (a file engine), so that it can be read half-written. An impossible index is then
   * read again for 1000 ms before it counts as a lie. Default: yes where this page's own engine is not atomic.
   */
  peerMayTear?: boolean;
  /** Byte offset of the peer's sleep word in the page. Without it, a publish never checks whether the peer sleeps. */
  peerWakeup?: number;
  /** Called after a publish that found the peer asleep. The callback rings the peer's doorbell. */
  onPeerAsleep?: () => void;
  /**
   * Whether {@link RingHalf.outbox} and {@link RingHalf.inbox} are one array: a request taken by
   * {@link RingHalf.flushAndTake} then becomes its response in place, without a copy. The back must stage as many responses as
   * it took, in order, before it takes more. Default: no.
   */
  inPlace?: boolean;
}

/** How long an impossible index of a peer without atomic words may be a half-written one, in ms. */
export const TORN_MILLISECONDS = 1000;

const NONE: readonly Uint8Array[] = [];

/** The part that both halves share: entries staged for the peer, and the batch that was collected from it. */
export abstract class RingHalf {
  /** Bytes of an entry. */
  readonly entryBytes: number;
  /** Slots of the ring. */
  readonly slots: number;
  /**
   * The entries to publish: `slots` times `entryBytes` bytes. The caller fills those that {@link stageMany} reserved. An entry
   * keeps its bytes after a flush, so that constant bytes need to be written only once.
   */
  readonly outbox: Uint8Array;
  /** The entries of the last {@link flushAndTake}, laid out as the {@link outbox}. The same array with `inPlace`. */
  readonly inbox: Uint8Array;
  /** Requests that were published and not answered when this half attached (0 in a new page). */
  readonly unansweredAtAttach: number;
  /** @internal */
  protected staged = 0;
  /** @internal */
  protected readonly engine: RingEngine;
  readonly #role: RingRole;
  readonly #offset: number;
  readonly #peerMayTear: boolean;
  readonly #onPeerAsleep: (() => void) | undefined;
  /** Views of single entries, made when first needed: many rings never carry a message. */
  #outgoing: readonly Uint8Array[] = NONE;
  #incoming: readonly Uint8Array[] = NONE;
  #batch = 0;
  #next = 0;
  #tornSince = 0;

  /** @internal */
  protected constructor(page: Page, role: RingRole, options: RingOptions) {
    const { offset = CONTROL_TX.offset, entryBytes = CONTROL_TX.entryBytes, slots = CONTROL_TX.slots } = options;
    const { peerWakeup, inPlace } = options;
    const { engine, outbox, inbox } = openRingEngine(page, role, { offset, entryBytes, slots }, peerWakeup, inPlace);
    this.#onPeerAsleep = options.onPeerAsleep;
    this.#role = role;
    this.#offset = offset;
    this.#peerMayTear = options.peerMayTear ?? !page.atomic;
    this.outbox = outbox;
    this.inbox = inbox;
    this.engine = engine;
    this.entryBytes = entryBytes;
    this.slots = slots;
    this.unansweredAtAttach = engine.unanswered;
  }

  /** How many more entries {@link push} takes now. */
  abstract get room(): number;

  /** Entries that are staged and not yet published. */
  get pending(): number {
    return this.staged;
  }

  /**
   * Stages the next free entry of the outbox, for the caller to fill in place; `undefined` when there is no room. Every byte is
   * published, so clear the bytes that you do not set. The view is valid until the next {@link flush}.
   */
  stage(): Uint8Array | undefined {
    if (this.room === 0) return undefined;
    if (this.#outgoing === NONE) this.#outgoing = entriesOf(this.outbox, this.entryBytes);
    return this.#outgoing[this.staged++];
  }

  /**
   * Stages up to `count` entries and returns how many there was room for. They follow the entries of the {@link outbox} that were
   * `pending` before the call. Fill them before the next {@link flush}.
   */
  stageMany(count: number): number {
    const staged = Math.max(0, Math.min(count, this.room));
    this.staged += staged;
    return staged;
  }

  /** Drops the latest staged entry. Without a staged entry nothing happens. */
  unstage(): void {
    if (this.staged > 0) this.staged--;
  }

  /**
   * Copies one entry to the outbox, the rest of it zero; false when there is no room.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RING_ENTRY` when it is longer than an entry
   */
  push(entry: Uint8Array): boolean {
    if (entry.length > this.entryBytes) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_RING_ENTRY',
        `an entry of ${entry.length} bytes does not fit this ring's slots of ${this.entryBytes}`,
        {
          advice: 'send less or open a wider ring',
          expected: `at most ${this.entryBytes} bytes`,
          received: entry.length,
        },
      );
    }
    const staged = this.stage();
    if (!staged) return false;
    staged.set(entry);
    if (entry.length < staged.length) staged.fill(0, entry.length);
    return true;
  }

  /** {@link push} for each entry, in order; returns how many there was room for. */
  pushMany(entries: Iterable<Uint8Array>): number {
    let taken = 0;
    for (const entry of entries) {
      if (!this.push(entry)) break;
      taken++;
    }
    return taken;
  }

  /**
   * Publishes all staged entries with a single store-release, and returns how many.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PAGE_CLOSED` when the page is unmapped
   */
  flush(): number {
    const count = this.staged;
    if (count > 0) this.#took(this.engine.exchange(count, 0, 0), count);
    return count;
  }

  /**
   * The next entry from the peer, or `undefined` when there is none after `polls` polls of its index. The bytes are a private
   * copy, which the peer cannot change. The view is valid until the next `pop` or `popMany`.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PEER_INDEX` when the peer's index is one that it cannot have reached;
   *   `ERR_CTRL_IF_PAGE_CLOSED` when the page is unmapped
   */
  pop(polls = 1): Uint8Array | undefined {
    if (this.#next === this.#batch && !this.#collect(polls)) return undefined;
    return this.popCollected();
  }

  /** As {@link pop}, but from the batch that was collected already: it never polls the ring. */
  popCollected(): Uint8Array | undefined {
    if (this.#next === this.#batch) return undefined;
    if (this.#incoming === NONE) this.#incoming = entriesOf(this.inbox, this.entryBytes);
    this.onTaken(1);
    return this.#incoming[this.#next++];
  }

  /** {@link flush}, then {@link pop}, in one call of the engine: for a single message, half the cost. Throws as {@link pop}. */
  flushAndPop(polls = 1): Uint8Array | undefined {
    if (this.#next < this.#batch) {
      this.flush();
      return this.popCollected();
    }
    const count = this.staged;
    if (!this.#took(this.engine.exchange(count, this.slots, polls), count)) return undefined;
    return this.popCollected();
  }

  /**
   * {@link flush}, then takes all entries that have come, as entries 0 to n - 1 of the {@link inbox}, in one call of the engine.
   * Returns n, 0 when there was none after `polls` polls. They are private copies, valid until the next `pop` or take. When
   * {@link pop} has begun a batch, only the rest of that batch is taken.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PEER_INDEX` as {@link pop}, after publishing the staged entries; `ERR_CTRL_IF_PAGE_CLOSED`
   *   when the page is unmapped
   */
  flushAndTake(polls = 1): number {
    if (this.#next < this.#batch) {
      this.flush();
      this.inbox.copyWithin(0, this.#next * this.entryBytes, this.#batch * this.entryBytes);
      return this.#takeRest();
    }
    const count = this.staged;
    return this.#took(this.engine.exchange(count, this.slots, polls), count) ? this.#takeRest() : 0;
  }

  #takeRest(): number {
    const rest = this.#batch - this.#next;
    this.#next = this.#batch;
    this.onTaken(rest);
    return rest;
  }

  /** Pops up to `max` entries and passes each to `visit`; returns how many. Throws as {@link pop}. */
  popMany(visit: (entry: Uint8Array) => void, max = this.slots): number {
    let count = 0;
    while (count < max) {
      const entry = this.pop();
      if (!entry) break;
      count++;
      visit(entry);
    }
    return count;
  }

  /** @internal */
  protected abstract onPublished(count: number): void;
  /** @internal */
  protected abstract onCollected(count: number): void;
  /** @internal */
  protected abstract onTaken(count: number): void;

  #collect(polls: number): boolean {
    return this.#took(this.engine.collect(this.slots, polls), 0);
  }

  /** Updates the counters by the result of an engine's call; true when there is a new batch to pop. */
  #took(result: number, published: number): boolean {
    // The engine finds a false index after it has published; any other failure comes before that.
    if (published > 0 && (result >= 0 || result === PEER_INDEX)) {
      this.staged = 0;
      this.onPublished(published);
    }
    if (result < 0) {
      this.#refuse(result);
      return false;
    }
    this.#tornSince = 0;
    if (result === 0) return false;
    if (result === RING_PEER) {
      this.#onPeerAsleep?.();
      return false;
    }
    this.#batch = result;
    this.#next = 0;
    this.onCollected(result);
    return true;
  }

  #refuse(result: number): void {
    if (result === PEER_INDEX && this.#peerMayTear) {
      const now = performance.now();
      this.#tornSince ||= now;
      if (now - this.#tornSince < TORN_MILLISECONDS) return;
    }
    throw this.#failure(result);
  }

  #failure(result: number): CtrlIfError {
    if (result === RING_CLOSED) return closedError('of this ring');
    if (result === PEER_INDEX) {
      const [field, indexOffset, claim] =
        this.#role === 'front'
          ? ['rsp_prod', RSP_PROD_OFFSET, 'more responses than there were requests']
          : ['req_prod', REQ_PROD_OFFSET, 'more requests than the ring holds'];
      const offset = this.#offset + indexOffset;
      return new CtrlIfError(
        'ERR_CTRL_IF_PEER_INDEX',
        `the peer's ${field} at byte ${offset} claims ${claim}, and nothing was taken`,
        { advice: 'close this link', offset, field },
      );
    }
    return new CtrlIfError('ERR_CTRL_IF_RING_NOT_OUTSTANDING', 'no request is waiting for this response', {
      advice: 'answer each request once',
    });
  }
}
