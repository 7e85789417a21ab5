import type { AtomicPage } from './page.ts';

/**
 * A guest's own memory: a segment of 4 KiB frames that begins with frame 0 alone. Offsets are in bytes from frame 0. Words and
 * bytes are as in {@link AtomicPage}. A call on a frame without memory throws a RangeError and touches nothing.
 * After {@link unmap} every call throws `ERR_CTRL_IF_PAGE_CLOSED`.
 */
export interface MemorySegment extends Pick<AtomicPage, 'load32' | 'store32' | 'compareExchange32' | 'read' | 'write'> {
  /** The most frames that it can have. */
  readonly maximum: number;
  /** Its descriptor in this process, by which peers open it through `/proc`; -1 after {@link unmap}. */
  readonly fd: number;
  /**
   * Gives zeroed memory to these frames, all or none of them.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PAGE_NO_SPACE` when shared memory has no room
   */
  populate(first: number, count: number): void;
  /** Frees the memory of these frames. Their content is gone. */
  punch(first: number, count: number): void;
  /** Unmaps the segment. Idempotent. */
  unmap(): void;
}
