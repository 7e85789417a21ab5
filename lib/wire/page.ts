/**
 * The control page, byte by byte (docs/page-layout.md draws it). Bytes 0..1039 are the seed's `control_if_t`; what is
 * ours starts at 2048, and each word that both sides touch has a line of its own, 128 bytes from the next, so that the
 * prefetcher's pair of lines never carries another's traffic.
 */
export const PAGE_BYTES = 4096;

/** `"ctrl-if\0"` read as two little-endian u32. */
export const PAGE_MAGIC = [0x6c727463, 0x0066692d] as const;
/** Grows with every change of the bytes from 2048 on that an older peer would misread. */
export const PAGE_VERSION = 2;
export const PAGE_NONCE_BYTES = 16;

/** Written once by the guest, before it tells anyone of the page. */
export const PAGE_IDENTITY = {
  /** u32[2] {@link PAGE_MAGIC} */
  magic: 2048,
  /** u32 {@link PAGE_VERSION} */
  version: 2056,
  /** u32 size of the control page in bytes; a segment may go on behind it */
  bytes: 2060,
  /** u8[16], random: the same bytes come over the socket, so that a page cannot be taken for another */
  nonce: 2064,
} as const;

/** Where each domain says which process it is: pid u32 +0, engine u32 +4, start time u64 +8 (clock ticks since boot). */
export const PAGE_PROCESS = { guest: 2176, controller: 2304 } as const;
export const PROCESS_PID = 0;
export const PROCESS_ENGINE = 4;
/** The engines, and what stands at {@link PROCESS_ENGINE} for each. */
export const ENGINE_NUMBERS = { native: 1, file: 2, sab: 3 } as const;
export const PROCESS_START_TIME = 8;

/** u32, the domid the controller gave out; written by the controller. */
export const PAGE_DOMID = 2320;

/** The two values of a sleep word. The sleeper stores ASLEEP; its peer exchanges it for AWAKE before it rings. */
export const AWAKE = 0;
export const ASLEEP = 1;
/** u32 each: {@link ASLEEP} while that domain sleeps and wants its doorbell rung, else {@link AWAKE}. */
export const PAGE_WAKEUP = { guest: 2432, controller: 2560 } as const;
/** u32 beside each: 1 when the message that the domain was last rung for came promptly after its own; the ringer's word. */
export const WAKEUP_PROMPT = 4;

/** Event channels a domain; port 0 is no port. */
export const PORTS = 4096;
/** The port of the control interface, in every guest (PROTOCOL.md 1.7). */
export const CONTROL_PORT = 1;
/** u32, {@link ASLEEP} while the domain sleeps and wants its doorbell rung for any port; as {@link PAGE_WAKEUP} for the one link. */
export const PAGE_ASLEEP = 2688;
/** u32[4]: which words of {@link PAGE_PENDING} are worth a look. */
export const PAGE_SELECTOR = 2816;
/** u32[128], a bit a port: it has fired. */
export const PAGE_PENDING = 3072;
/** u32[128], a bit a port: it is not to be told. */
export const PAGE_MASK = 3584;
