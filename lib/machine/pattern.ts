import type { SharedFrame } from '../device/context.ts';

/**
 * A check of a connected device: both ends write a pattern into each frame and notify. If each end finds the pattern of the other,
 * both have the same frames and the same event channel. Each end has 64 bytes of each frame for its pattern.
 */
const PATTERN_BYTES = 64;
const OFFSETS = { frontend: 0, backend: PATTERN_BYTES } as const;

export interface PatternOf {
  readonly class: string;
  /** The domid of the frontend, and the handle of the interface there. */
  readonly domid: number;
  readonly handle: number;
}

export function writePattern(end: 'frontend' | 'backend', pattern: PatternOf, frames: readonly SharedFrame[]): void {
  for (const [index, frame] of frames.entries()) frame.write(OFFSETS[end], bytesOf(end, pattern, index));
}

/** Whether all frames hold the pattern of that end. */
export function hasPattern(end: 'frontend' | 'backend', pattern: PatternOf, frames: readonly SharedFrame[]): boolean {
  return frames.every((frame, index) => {
    const found = new Uint8Array(PATTERN_BYTES);
    frame.read(OFFSETS[end], found);
    return bytesOf(end, pattern, index).equals(found);
  });
}

function bytesOf(end: string, { class: className, domid, handle }: PatternOf, index: number): Buffer {
  const bytes = Buffer.alloc(PATTERN_BYTES);
  bytes.write(`${end} of ${className} ${handle} of domain ${domid}, frame ${index}`);
  return bytes;
}
