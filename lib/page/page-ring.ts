import { REQ_PROD_OFFSET, RSP_PROD_OFFSET, SLOTS_OFFSET } from '../wire/layout.ts';
import { NOT_OUTSTANDING, PEER_INDEX, RING_PEER } from './native-codes.ts';
import type { Page } from './page.ts';
import type { RingEngine, RingParts, RingRole } from './ring-engine.ts';

/** The accesses that a ring in plain JS needs. */
type RingPage = Pick<Page, 'load32' | 'store32' | 'read' | 'write' | 'claimWakeup'>;

/**
 * A ring half in plain JS over the words and bytes of a {@link Page}, for engines without a faster one. Indices run free in u32
 * and are compared by wrapped subtraction only; slot = index mod slots.
 */
export class PageRing implements RingEngine {
  readonly unanswered: number;
  readonly #page: RingPage;
  readonly #role: RingRole;
  readonly #slots: number;
  readonly #entryBytes: number;
  readonly #firstSlot: number;
  /** Byte offsets of the index that this half publishes, and of the one that it polls. */
  readonly #ownIndex: number;
  readonly #peerIndex: number;
  readonly #peerWakeup: number;
  readonly #out: Uint8Array[];
  readonly #in: Uint8Array[];
  /** Front: req_prod_pvt. Back: rsp_prod_pvt. */
  #produced: number;
  /** Front: rsp_cons. Back: req_cons. Never published. */
  #consumed: number;

  constructor(page: RingPage, { role, geometry, outbox, inbox, peerWakeup }: RingParts) {
    const { offset, entryBytes, slots } = geometry;
    this.#page = page;
    this.#peerWakeup = peerWakeup;
    this.#role = role;
    this.#slots = slots;
    this.#entryBytes = entryBytes;
    this.#firstSlot = offset + SLOTS_OFFSET;
    this.#ownIndex = offset + (role === 'front' ? REQ_PROD_OFFSET : RSP_PROD_OFFSET);
    this.#peerIndex = offset + (role === 'front' ? RSP_PROD_OFFSET : REQ_PROD_OFFSET);
    this.#out = entriesOf(outbox, entryBytes);
    this.#in = entriesOf(inbox, entryBytes);

    const requested = page.load32(offset + REQ_PROD_OFFSET);
    const answered = page.load32(offset + RSP_PROD_OFFSET);
    this.unanswered = (requested - answered) >>> 0;
    if (this.unanswered > slots) throw Object.assign(new Error('req_prod - rsp_prod > slots'), { code: 'EPEERINDEX' });
    // Both halves start from rsp_prod: the back takes every unanswered request again (PROTOCOL.md 1.8, H19).
    this.#produced = role === 'front' ? requested : answered;
    this.#consumed = answered;
  }

  collect(max: number, polls: number): number {
    for (let poll = 0; poll < polls; poll++) {
      // Acquire: pairs with the store-release in the peer's publish. Read once; the checks use this copy.
      const index = this.#page.load32(this.#peerIndex);
      const fresh = (index - this.#consumed) >>> 0;
      if (fresh === 0) continue;
      if (fresh > this.#mostFresh()) return PEER_INDEX;
      const taken = Math.min(fresh, max);
      for (let i = 0; i < taken; i++) this.#page.read(this.#slotAt(this.#consumed + i), this.#in[i]!);
      this.#consumed = (this.#consumed + taken) >>> 0;
      return taken;
    }
    return 0;
  }

  exchange(count: number, max: number, polls: number): number {
    if (count > 0) {
      const published = this.#publish(count);
      if (published < 0) return published;
      if (this.#peerWakeup >= 0 && this.#page.claimWakeup(this.#peerWakeup)) return RING_PEER;
    }
    return max === 0 ? 0 : this.collect(max, polls);
  }

  #publish(count: number): number {
    const room =
      this.#role === 'front'
        ? this.#slots - ((this.#produced - this.#consumed) >>> 0)
        : (this.#consumed - this.#produced) >>> 0;
    if (count > room && this.#role === 'back') return NOT_OUTSTANDING;
    const accepted = Math.min(count, room);
    for (let i = 0; i < accepted; i++) this.#page.write(this.#slotAt(this.#produced + i), this.#out[i]!);
    if (accepted === 0) return 0;
    this.#produced = (this.#produced + accepted) >>> 0;
    // Release: pairs with the load-acquire in the peer's collect, so that the peer sees complete slots.
    this.#page.store32(this.#ownIndex, this.#produced);
    return accepted;
  }

  /** A front gets at most as many responses as it has unanswered requests, a back as many requests as there are free slots. */
  #mostFresh(): number {
    return this.#role === 'front'
      ? (this.#produced - this.#consumed) >>> 0
      : this.#slots - ((this.#consumed - this.#produced) >>> 0);
  }

  #slotAt(index: number): number {
    return this.#firstSlot + ((index >>> 0) & (this.#slots - 1)) * this.#entryBytes;
  }
}

/** One view of each entry. They are made once, because a new view for each message would be garbage. */
export function entriesOf(buffer: Uint8Array, entryBytes: number): Uint8Array[] {
  return Array.from({ length: buffer.length / entryBytes }, (_, i) =>
    buffer.subarray(i * entryBytes, (i + 1) * entryBytes),
  );
}
