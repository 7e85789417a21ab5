/** The front sends requests and takes responses, the back the reverse. On the control page's `tx_ring` the guest is the front. */
export type RingRole = 'front' | 'back';

/**
 * The place and the size of a ring. In memory: u32 `req_prod` at +0, u32 `rsp_prod` at +4, and from +8 the slots of `entryBytes`
 * each, as in the header's `DEFINE_RING_TYPES`. The control ring has 8 slots of 64 bytes.
 */
export interface RingGeometry {
  /** The first byte of the ring in its page; 4-aligned. */
  offset: number;
  /** The bytes of a slot: a multiple of 4 up to 65,536. */
  entryBytes: number;
  /** The number of slots: a power of two, 1 to 65,536. */
  slots: number;
}

/** The arguments of {@link import('./page.ts').Page.openRing}. Its caller has checked the geometry. */
export interface RingParts {
  /** The half to attach. */
  readonly role: RingRole;
  /** The place and the size of the ring. */
  readonly geometry: RingGeometry;
  /** `slots` entries to publish from. */
  readonly outbox: Uint8Array;
  /** `slots` entries that were collected. May be the outbox. */
  readonly inbox: Uint8Array;
  /** Byte offset of the peer's sleep word in the page; -1 when it has none. */
  readonly peerWakeup: number;
}

/**
 * One half of a ring, which copies whole entries between the slots and two private buffers. It checks the bounds of every peer
 * index and reads each byte from the page once. A negative
 * result is a code: -1 for an impossible peer index, -2 for an unmapped page, -3 for a response without a request.
 */
export interface RingEngine {
  /** Requests that were published and not answered when this half attached. */
  readonly unanswered: number;
  /** Copies up to `max` new entries into the inbox, polling the peer's index up to `polls` times while there is none. */
  collect(max: number, polls: number): number;
  /**
   * Copies the first `count` entries of the outbox into the next slots and publishes them with one store-release. Returns
   * `RING_PEER` if the peer sleeps; else collects as {@link collect}. A front publishes as many requests as there is room for; a
   * back publishes all responses or none (`NOT_OUTSTANDING`). With `count` 0 nothing is published and no sleep word is read;
   * with `max` 0 nothing is collected.
   */
  exchange(count: number, max: number, polls: number): number;
}
