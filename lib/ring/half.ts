import { CtrlIfError } from '../errors.ts';
import { closedError } from '../page/failure.ts';
import type { Page } from '../page/page.ts';
import { entriesOf } from '../page/page-ring.ts';
import type { RingGeometry } from '../page/ring-engine.ts';
import { CONTROL_TX } from '../wire/control-rings.ts';
import { REQ_PROD_OFFSET, RSP_PROD_OFFSET } from '../wire/layout.ts';
import { openRingEngine, PEER_INDEX, RING_CLOSED, RING_PEER, type RingEngine, type RingRole } from './engine.ts';

export interface RingOptions extends Partial<RingGeometry> {
  /**
   * Whether the peer may move its index as bytes (a file engine), so that one look can see it half-written. Such an
   * index is looked at again for {@link TORN_MILLISECONDS} before it counts as a lie. Default: whether this page's own
   * engine does.
   */
  peerMayTear?: boolean;
  /** Where in the page the peer says that it sleeps; without, a publish looks at nothing and rings nobody. */
  peerWakeup?: number;
  /** Called after a publish that found the peer asleep: ring its doorbell. */
  onPeerAsleep?: () => void;
  /**
   * Whether {@link RingHalf.outbox} and {@link RingHalf.inbox} are one array: a request taken by
   * {@link RingHalf.flushAndTake} is its own response, changed in place and not copied. For a back that stages as many
   * responses as it took, in order, before it takes more. Default: no.
   */
  inPlace?: boolean;
}

/** A process that was stopped between two bytes of an index goes on within this time, or never. */
export const TORN_MILLISECONDS = 1000;

const NONE: readonly Uint8Array[] = [];

/** What both halves share: a stage for what goes out, a batch of what came in, and the peer's index kept honest. */
export abstract class RingHalf {
  /** Bytes an entry, and slots in the ring. */
  readonly entryBytes: number;
  readonly slots: number;
  /**
   * The entries that go out, `slots` of `entryBytes` bytes one after the other. Entries reserved by {@link stageMany} are
   * written here. An entry keeps its bytes when it has been flushed, so what never changes needs writing once.
   */
  readonly outbox: Uint8Array;
  /** The entries that came with the last {@link flushAndTake}, as in {@link outbox}. The same array with `inPlace`. */
  readonly inbox: Uint8Array;
  /** Entries published and not yet answered when this half attached (0 in a new page). */
  readonly unansweredAtAttach: number;
  protected staged = 0;
  protected readonly engine: RingEngine;
  readonly #role: RingRole;
  readonly #offset: number;
  readonly #peerMayTear: boolean;
  readonly #onPeerAsleep: (() => void) | undefined;
  /** Views of single entries, made when first needed: many a ring never passes a message. */
  #outgoing: readonly Uint8Array[] = NONE;
  #incoming: readonly Uint8Array[] = NONE;
  #batch = 0;
  #next = 0;
  #tornSince = 0;

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

  /** Entries staged by {@link push} or {@link stage} that no {@link flush} has published yet. */
  get pending(): number {
    return this.staged;
  }

  /**
   * The next free entry of the outbox, to be filled in place: every byte of it is yours and goes out as it stands, so
   * clear what you do not set. `undefined` when there is no room. The view is valid until the next {@link flush}.
   */
  stage(): Uint8Array | undefined {
    if (this.room === 0) return undefined;
    if (this.#outgoing === NONE) this.#outgoing = entriesOf(this.outbox, this.entryBytes);
    return this.#outgoing[this.staged++];
  }

  /**
   * Stages up to `count` entries at once and returns how many found room. They are the entries of the {@link outbox} from
   * number `pending`, as it was before the call, and are filled before the next {@link flush}.
   */
  stageMany(count: number): number {
    const staged = Math.max(0, Math.min(count, this.room));
    this.staged += staged;
    return staged;
  }

  /** Takes the latest staged entry back: it is not published. Without a staged entry nothing happens. */
  unstage(): void {
    if (this.staged > 0) this.staged--;
  }

  /** Copies one entry to the outbox, the rest of it zero; false when there is no room. */
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

  /** As {@link push}, one after the other; returns how many found room. */
  pushMany(entries: Iterable<Uint8Array>): number {
    let taken = 0;
    for (const entry of entries) {
      if (!this.push(entry)) break;
      taken++;
    }
    return taken;
  }

  /** Publishes everything staged with a single store-release, and returns how many entries that was. */
  flush(): number {
    const count = this.staged;
    if (count > 0) this.#took(this.engine.exchange(count, 0, 0), count);
    return count;
  }

  /**
   * The next entry from the peer, or `undefined` when there is none after `polls` looks at its index. The bytes are a
   * private copy that the peer cannot reach; the view is reused and valid until the next `pop` or `popMany`.
   * Throws `ERR_CTRL_IF_PEER_INDEX` when the peer's index is one that it cannot have reached.
   */
  pop(polls = 1): Uint8Array | undefined {
    if (this.#next === this.#batch && !this.#collect(polls)) return undefined;
    return this.popCollected();
  }

  /** As {@link pop}, but only what was collected with the last entry: never a look at the ring. */
  popCollected(): Uint8Array | undefined {
    if (this.#next === this.#batch) return undefined;
    if (this.#incoming === NONE) this.#incoming = entriesOf(this.inbox, this.entryBytes);
    this.onTaken(1);
    return this.#incoming[this.#next++];
  }

  /** {@link flush}, then {@link pop}: the same in one crossing into the engine, which for one message is half the cost. */
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
   * {@link flush}, then takes everything that has come, as entries 0 to n - 1 of the {@link inbox}, in one call of
   * the engine; returns n, 0 when there was nothing after `polls` polls. They are private copies, valid until the next `pop`
   * or take. Where {@link pop} has begun a batch, its rest is taken first, alone.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PEER_INDEX` as {@link pop}; what was staged is published then all the same
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

  /** Gives up to `max` entries to `visit`, each a view as in {@link pop}; returns how many there were. */
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

  protected abstract onPublished(count: number): void;
  protected abstract onCollected(count: number): void;
  protected abstract onTaken(count: number): void;

  #collect(polls: number): boolean {
    return this.#took(this.engine.collect(this.slots, polls), 0);
  }

  /** Enters what an engine's call has done into the books; true when there is a new batch to pop. */
  #took(result: number, published: number): boolean {
    // A peer's false index is found after the publish; any other failure comes before it.
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
      const [field, at, bound] =
        this.#role === 'front'
          ? ['rsp_prod', RSP_PROD_OFFSET, 'more responses than there were requests']
          : ['req_prod', REQ_PROD_OFFSET, 'more requests than the ring holds'];
      const offset = this.#offset + at;
      return new CtrlIfError(
        'ERR_CTRL_IF_PEER_INDEX',
        `the peer's ${field} at byte ${offset} claims ${bound}; nothing was taken, close this link`,
        { offset, field },
      );
    }
    return new CtrlIfError('ERR_CTRL_IF_RING_NOT_OUTSTANDING', 'no request is waiting for this response', {
      advice: 'answer each request once',
    });
  }
}
