/**
 * The layout of the control page (docs/page-layout.md). Bytes 0 to 1039 are the header's `control_if_t`. The bytes of ctrl-if
 * start at 2048. Each word that both sides access is 128 bytes from the next, because the prefetcher loads pairs of cache lines.
 */
export const PAGE_BYTES = 4096;

/** `"ctrl-if\0"` as two little-endian u32. */
export const PAGE_MAGIC = [0x6c727463, 0x0066692d] as const;
/** The version of the layout. It grows with each change from byte 2048 on that an older peer would misread. */
export const PAGE_VERSION = 2;
export const PAGE_NONCE_BYTES = 16;

/** Written once by the guest, before it announces the page. */
export const PAGE_IDENTITY = {
  /** u32[2] {@link PAGE_MAGIC} */
  magic: 2048,
  /** u32 {@link PAGE_VERSION} */
  version: 2056,
  /** u32 size of the control page in bytes; its segment may be larger */
  bytes: 2060,
  /** u8[16], random; the guest also sends it over the socket, so that another page is not mistaken for this one */
  nonce: 2064,
} as const;

/** The process of each domain: pid u32 +0, engine u32 +4, start time u64 +8 (clock ticks since boot). */
export const PAGE_PROCESS = { guest: 2176, controller: 2304 } as const;
export const PROCESS_PID = 0;
export const PROCESS_ENGINE = 4;
/** The number of each engine at {@link PROCESS_ENGINE}. */
export const ENGINE_NUMBERS = { native: 1, file: 2, sab: 3 } as const;
export const PROCESS_START_TIME = 8;

/** u32, the guest's domid, which the controller writes. */
export const PAGE_DOMID = 2320;

/** The two values of a sleep word. The sleeper stores ASLEEP. Its peer exchanges it for AWAKE before ringing the doorbell. */
export const AWAKE = 0;
export const ASLEEP = 1;
/** The sleep words of a link, u32: {@link ASLEEP} while that domain sleeps and its doorbell must be rung, else {@link AWAKE}. */
export const PAGE_WAKEUP = { guest: 2432, controller: 2560 } as const;
/** u32 beside each sleep word, written by the peer that rings: 1 when its message came promptly after the sleeper's own. */
export const WAKEUP_PROMPT = 4;

/** The number of ports of a domain. Port 0 is no port. */
export const PORTS = 4096;
/** The port of the control interface, in every guest (PROTOCOL.md 1.7). */
export const CONTROL_PORT = 1;
/** u32, the sleep word for all ports: {@link ASLEEP} while the domain sleeps and its doorbell must be rung for an event. */
export const PAGE_ASLEEP = 2688;
/** u32[4], a bit for each word of {@link PAGE_PENDING}: the word may have pending ports. */
export const PAGE_SELECTOR = 2816;
/** u32[128], a bit for each port: an event is pending. */
export const PAGE_PENDING = 3072;
/** u32[128], a bit for each port: its events are held back. */
export const PAGE_MASK = 3584;
