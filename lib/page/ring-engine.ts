/** The front produces requests and consumes responses, the back the reverse. On `tx` the guest is front. */
export type RingRole = 'front' | 'back';

/**
 * Where a ring lies and how wide it is. In memory: u32 `req_prod` at +0, u32 `rsp_prod` at +4, then the slots, each of
 * `entryBytes`, from +8: the seed's `DEFINE_RING_TYPES`, of which the control ring is 8 slots of 64 bytes.
 */
export interface RingGeometry {
  /** First byte of the ring in its page; 4-aligned. */
  offset: number;
  /** Bytes a slot; a multiple of 4 up to 65,536. */
  entryBytes: number;
  /** A power of two, 1 to 65,536. */
  slots: number;
}

/** What {@link import('./page.ts').Page.openRing} needs to know; its caller has checked the geometry. */
export interface RingParts {
  readonly role: RingRole;
  readonly geometry: RingGeometry;
  /** `slots` entries: what is to be published. */
  readonly outbox: Uint8Array;
  /** `slots` entries: what was collected. May be the outbox. */
  readonly inbox: Uint8Array;
  /** Where in the page the peer says that it sleeps; -1 when it says so nowhere. */
  readonly peerWakeup: number;
}

/**
 * One half of a ring, moving whole entries between the slots and two private buffers. The bounds of every peer index
 * are checked, each byte is read from the page once, and after a negative answer nothing has changed.
 */
export interface RingEngine {
  /** Requests published and not yet answered when this half attached. */
  readonly unanswered: number;
  /** Copies up to `max` new entries into the inbox, polling the peer's index up to `polls` times while there is none. */
  collect(max: number, polls: number): number;
  /**
   * Copies the first `count` entries of the outbox into the next slots and publishes them with one store-release, tests
   * whether the peer sleeps (`RING_PEER`), then does as {@link collect}, in one call. A front publishes as many
   * requests as have room; a back all of its responses, or none (`NOT_OUTSTANDING`). With `count` 0 nothing is published
   * and no sleep word is read; with `max` 0 nothing is collected.
   */
  exchange(count: number, max: number, polls: number): number;
}
