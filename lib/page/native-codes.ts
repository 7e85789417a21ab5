/**
 * Numbers that the addon and TypeScript share. `scripts/render-headers.mjs` makes `native/include/ctrl_if/codes.h` of them.
 * {@link loadAddon} refuses an addon that was built with other numbers.
 */

// --- Results of transfer(); zero and above count entries ---

/** The peer cannot have reached its index: it is a lie or, from a file engine, half-written. */
export const PEER_INDEX = -1;
/** The page was unmapped. */
export const RING_CLOSED = -2;
/** More responses were to be published than requests had been taken. */
export const NOT_OUTSTANDING = -3;
/** Published; the peer sleeps and its doorbell must be rung, and nothing was collected. Larger than any count. */
export const RING_PEER = 1 << 30;

// --- Limits of a ring, and its halves, for openRing() ---

/** The most slots of a ring: a count of entries fits an i32. */
export const MAX_SLOTS = 65_536;
/** The most bytes of a slot: no ring is larger than 4 GiB. */
export const MAX_ENTRY_BYTES = 65_536;

export const ROLE_FRONT = 0;
export const ROLE_BACK = 1;

// --- Words of the call block: the arguments of transfer(), then its result ---

/** The ring, by the index that `openRing` returned. */
export const CALL_RING = 0;
/** Entries to publish, from the ring's outbox. */
export const CALL_COUNT = 1;
/** The most entries to collect into the ring's inbox. */
export const CALL_MAX = 2;
/** How often to load the peer's index while there is nothing to collect. */
export const CALL_POLLS = 3;
/** Entries collected, {@link RING_PEER}, or a code below zero. */
export const CALL_COLLECTED = 4;
export const CALL_WORDS = 5;

// --- Bits of a port's status ---

export const PORT_PENDING = 1;
export const PORT_MASKED = 2;

// Numbers of the page's layout that the addon uses.
export { SLOTS_OFFSET } from '../wire/layout.ts';
export { FRAME_BYTES, MAX_FRAMES } from '../wire/memory.ts';
export {
  ASLEEP,
  AWAKE,
  PAGE_ASLEEP,
  PAGE_BYTES,
  PAGE_MASK,
  PAGE_PENDING,
  PAGE_SELECTOR,
  PORTS,
} from '../wire/page.ts';
