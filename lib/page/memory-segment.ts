import type { AtomicPage } from './page.ts';

/**
 * A guest's own memory: a segment of 4 KiB frames that comes with frame 0 alone. Offsets are in bytes
 * from frame 0. Words and bytes are as in {@link AtomicPage}; a call on a frame that has no memory throws and touches nothing.
 * After {@link unmap} every call throws `ERR_CTRL_IF_PAGE_CLOSED`.
 */
export interface MemorySegment extends Pick<AtomicPage, 'load32' | 'store32' | 'compareExchange32' | 'read' | 'write'> {
  /** The most frames it can have. */
  readonly maximum: number;
  /** Its descriptor in this process, by which `/proc` lets peers open frames of it; -1 after {@link unmap}. */
  readonly fd: number;
  /** Gives these frames zeroed memory, all or none of them: `ERR_CTRL_IF_PAGE_NO_SPACE` when there is not enough. */
  populate(first: number, count: number): void;
  /** Takes their memory away, and what was in it. */
  punch(first: number, count: number): void;
  /** Gives the mapping back; idempotent. */
  unmap(): void;
}
