import type { SharedFrame } from '../device/context.ts';

/**
 * What a connected device is here: both ends hold the same frames and the same event channel, which a pattern in each frame and a
 * notification that cross both ways show. Each end has 64 bytes of a frame for its words.
 */
const WORDS_BYTES = 64;
const OFFSETS = { frontend: 0, backend: WORDS_BYTES } as const;

export interface PatternOf {
  readonly class: string;
  /** The frontend's domain, and its handle there. */
  readonly domid: number;
  readonly handle: number;
}

export function writePattern(end: 'frontend' | 'backend', pattern: PatternOf, frames: readonly SharedFrame[]): void {
  for (const [index, frame] of frames.entries()) frame.write(OFFSETS[end], words(end, pattern, index));
}

/** Whether the other end's words are in all frames. */
export function hasPattern(end: 'frontend' | 'backend', pattern: PatternOf, frames: readonly SharedFrame[]): boolean {
  return frames.every((frame, index) => {
    const found = new Uint8Array(WORDS_BYTES);
    frame.read(OFFSETS[end], found);
    return words(end, pattern, index).equals(found);
  });
}

function words(end: string, { class: className, domid, handle }: PatternOf, index: number): Buffer {
  const bytes = Buffer.alloc(WORDS_BYTES);
  bytes.write(`${end} of ${className} ${handle} of domain ${domid}, frame ${index}`);
  return bytes;
}
