import { FRAME_BYTES } from '../wire/memory.ts';

/**
 * The bytes of one frame, for its owner or for a backend. Offsets count from the frame's start, 0 to 4095. Each call throws a
 * RangeError for bytes outside the frame.
 */
export interface Frame {
  /** The frame's number in its owner's memory, which `shmemFrame` carries. */
  readonly frame: number;
  /** Reads a u32 at a 4-aligned offset (load-acquire). */
  load32(offset: number): number;
  /** Writes a u32 at a 4-aligned offset (store-release). */
  store32(offset: number, value: number): void;
  /** Fills `target` with the bytes from `offset` on. */
  read(offset: number, target: Uint8Array): void;
  /** Copies `source` to the bytes from `offset` on. */
  write(offset: number, source: Uint8Array): void;
}

/** @throws RangeError unless all of these bytes lie in a frame */
export function checkInFrame(offset: number, bytes: number): void {
  if (offset >= 0 && offset + bytes <= FRAME_BYTES) return;
  throw new RangeError(`bytes ${offset} to ${offset + bytes} are not all inside a frame of ${FRAME_BYTES}`);
}
