import { FRAME_BYTES } from '../wire/memory.ts';

/** One frame's bytes, its owner's or a backend's. Offsets are from its start; words are as in `page/page.ts`. */
export interface Frame {
  /** Its number in its owner's memory: what `shmemFrame` says. */
  readonly frame: number;
  load32(offset: number): number;
  store32(offset: number, value: number): void;
  read(offset: number, target: Uint8Array): void;
  write(offset: number, source: Uint8Array): void;
}

/** Throws a RangeError unless all of these bytes lie in a frame. */
export function checkInFrame(offset: number, bytes: number): void {
  if (offset >= 0 && offset + bytes <= FRAME_BYTES) return;
  throw new RangeError(`bytes ${offset} to ${offset + bytes} are not all inside a frame of ${FRAME_BYTES}`);
}
