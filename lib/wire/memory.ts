/**
 * The layout of a guest's memory (docs/page-layout.md): frames of 4 KiB in one segment. Frame 0 is the control page, the grant
 * table starts at frame 1, and the guest allocates the other frames.
 */
export const FRAME_BYTES = 4096;
/** The most frames of a memory: 64 GiB. The addon has one bit for each. */
export const MAX_FRAMES = 1 << 24;

/**
 * A grant: one u32 for each frame, 0 when it is not granted. The owner changes bytes 0 and 1 (domid) and byte 2 (granted). The
 * backend sets byte 3 (mapped) before it maps the frame and clears it after unmapping. Both exchange the whole word.
 */
export const GRANT_DOMID = 0xffff;
export const GRANT_ACCESS = 1 << 16;
export const GRANT_MAPPED = 1 << 24;
export const GRANT_BYTES = 4;
const GRANTS_PER_FRAME = FRAME_BYTES / GRANT_BYTES;

/** u32 in the place of frame 0's grant, which is never granted: the most frames of this memory, and so the table's length. */
export const GRANT_TABLE_MAXIMUM = FRAME_BYTES;

/** Byte offset of the frame's grant in the segment. */
export function grantAt(frame: number): number {
  return FRAME_BYTES + frame * GRANT_BYTES;
}

/** The number of the frame that holds the frame's grant. */
export function grantTableFrame(frame: number): number {
  return 1 + Math.floor(frame / GRANTS_PER_FRAME);
}

/** How many frames at the start of a memory of `maximum` frames are reserved for the control page and the grant table. */
export function reservedFrames(maximum: number): number {
  return 1 + Math.ceil(maximum / GRANTS_PER_FRAME);
}

/** The size of the guest's memory: four u32 beside its identity, which the guest writes. */
export const PAGE_MEMORY = {
  /** the most frames that it can have; 0: the guest has no memory */
  maximum: 2192,
  /** the frames that the latest resize asked for */
  target: 2196,
  /** the frames that have memory now */
  reached: 2200,
  /** index into {@link MEMORY_STATES} */
  state: 2204,
} as const;

/** `idle`: never resized. `resizing`: a resize is in progress. The others: why the latest resize ended. New states go to the end. */
export const MEMORY_STATES = ['idle', 'resizing', 'done', 'maximum', 'in-use', 'no-space', 'failed'] as const;
/** A state of a guest's memory. */
export type MemoryState = (typeof MEMORY_STATES)[number];
