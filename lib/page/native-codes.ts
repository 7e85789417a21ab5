/**
 * What the addon and TypeScript say to each other in numbers. `scripts/render-headers.mjs` makes
 * `native/include/ctrl_if/codes.h` of them, and {@link loadAddon} refuses an addon that was built with others.
 */

// --- What transfer() answers for publishing and collecting; zero and above count entries ---

/** The peer's index is not one it can have reached: a lie, or (from a file engine) one seen half-written. */
export const PEER_INDEX = -1;
/** The page was unmapped. */
export const RING_CLOSED = -2;
/** A response was published for which no request had been taken. */
export const NOT_OUTSTANDING = -3;
/** Published, but the peer sleeps and must be rung; nothing was collected. Larger than any count. */
export const RING_PEER = 1 << 30;

// --- Rings that openRing() opens, and which half of one ---

/** The most slots: a count of entries fits an i32 with room to spare. */
export const MAX_SLOTS = 65_536;
/** The most bytes a slot: no ring is then larger than 4 GiB. */
export const MAX_ENTRY_BYTES = 65_536;

export const ROLE_FRONT = 0;
export const ROLE_BACK = 1;

// --- Words of the call block: the arguments of transfer(), then its result ---

/** The ring, by the index that `openRing` gave. */
export const CALL_RING = 0;
/** Entries to publish, from the ring's outbox. */
export const CALL_COUNT = 1;
/** Entries to collect at most, into the ring's inbox. */
export const CALL_MAX = 2;
/** How often to load the peer's index while there is nothing to collect. */
export const CALL_POLLS = 3;
/** Entries collected, {@link RING_PEER}, or a code below zero. */
export const CALL_COLLECTED = 4;
export const CALL_WORDS = 5;

// --- Bits of a port's status ---

export const PORT_PENDING = 1;
export const PORT_MASKED = 2;

// What the addon takes from the page's layout by itself.
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
