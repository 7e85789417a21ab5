/**
 * A guest's memory, byte by byte (docs/page-layout.md draws it): frames of 4 KiB in one segment. Frame 0 is the control
 * page; from frame 1 on lies the grant table; the rest is the guest's to hand out.
 */
export const FRAME_BYTES = 4096;
/** 64 GiB. It also bounds what one call can ask of the addon: a bit a frame. */
export const MAX_FRAMES = 1 << 24;

/**
 * A grant: one u32 a frame, 0 where nothing is granted. Bytes 0..1 (domid) and 2 (granted) are the owner's to change, byte
 * 3 (mapped) is the backend's, which sets it to map and clears it when it has unmapped. Both exchange the whole word.
 */
export const GRANT_DOMID = 0xffff;
export const GRANT_ACCESS = 1 << 16;
export const GRANT_MAPPED = 1 << 24;
export const GRANT_BYTES = 4;
const GRANTS_PER_FRAME = FRAME_BYTES / GRANT_BYTES;

/** u32 in the word of frame 0, which is never granted: the most frames this guest can have, hence the table's length. */
export const GRANT_TABLE_MAXIMUM = FRAME_BYTES;

/** Byte offset of the frame's grant in the segment. */
export function grantAt(frame: number): number {
  return FRAME_BYTES + frame * GRANT_BYTES;
}

/** Which frame of the segment the frame's grant lies in. */
export function grantTableFrame(frame: number): number {
  return 1 + Math.floor(frame / GRANTS_PER_FRAME);
}

/** How many frames at the start of a memory of `maximum` frames are never handed out: the control page and the table. */
export function reservedFrames(maximum: number): number {
  return 1 + Math.ceil(maximum / GRANTS_PER_FRAME);
}

/** u32 each, written by the guest on the line of its identity: how large its memory is and is to be. */
export const PAGE_MEMORY = {
  /** the most frames it can have; 0: this page is no part of a memory */
  maximum: 2192,
  /** frames asked for last */
  target: 2196,
  /** frames it has */
  reached: 2200,
  /** index into {@link MEMORY_STATES} */
  state: 2204,
} as const;

/** `idle`: never asked to resize. `resizing`: understood. The others: over, and why it is where it is. Grows at its end. */
export const MEMORY_STATES = ['idle', 'resizing', 'done', 'maximum', 'in-use', 'no-space', 'failed'] as const;
export type MemoryState = (typeof MEMORY_STATES)[number];
