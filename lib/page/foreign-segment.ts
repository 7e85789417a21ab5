import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import type { MemoryEngine } from './engine.ts';
import { pageError } from './failure.ts';
import type { AtomicPage } from './page.ts';

/** The address of a segment, which its owner sends to peers: a descriptor of its process, and the identity of the object. */
export interface SegmentAddress {
  readonly pid: number;
  readonly descriptor: number;
  readonly device: number;
  readonly inode: number;
}

/** The address of a segment that this process keeps open. */
export function segmentAddress(descriptor: number): SegmentAddress {
  const { dev, ino } = statOf(descriptor);
  return { pid: process.pid, descriptor, device: dev, inode: ino };
}

/** By its name in /proc where possible: Deno's fstat does not know the descriptors that the addon opens. */
function statOf(descriptor: number): Stats {
  return statSync(`/proc/self/fd/${descriptor}`, { throwIfNoEntry: false }) ?? fstatSync(descriptor);
}

/**
 * A segment of another process, opened through /proc and kept open here. Its parts can still be mapped when the owner has closed
 * it, and another object that takes over its descriptor number is never mapped.
 */
export class ForeignSegment {
  readonly #descriptor: number;
  readonly #engine: Pick<MemoryEngine, 'map'>;
  #closed = false;

  /**
   * @throws CtrlIfError `ERR_CTRL_IF_PAGE_NOT_FOUND` when the process is gone, has closed the segment, or runs in another PID
   *   namespace; `ERR_CTRL_IF_PAGE_PERMISSION` when it belongs to another user; `ERR_CTRL_IF_PAGE_SYSTEM` when the system fails
   */
  constructor({ pid, descriptor, device, inode }: SegmentAddress, engine: Pick<MemoryEngine, 'map'>) {
    let opened: number | undefined;
    try {
      // The number may be another object by now: O_NONBLOCK does not wait for a FIFO's peer, O_NOCTTY takes no terminal.
      const flags = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY;
      opened = openSync(`/proc/${pid}/fd/${descriptor}`, flags);
      const { dev, ino } = fstatSync(opened);
      if (dev !== device || ino !== inode) throw Object.assign(new Error('another object'), { code: 'ENOENT' });
    } catch (failure) {
      if (opened !== undefined) closeSync(opened);
      throw pageError(failure, `${descriptor} of process ${pid}`);
    }
    this.#descriptor = opened;
    this.#engine = engine;
  }

  /**
   * Maps these bytes. `offset` is a multiple of the system's page size.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PAGE_TRUNCATED` when the segment is shorter
   */
  map(offset: number, bytes: number): AtomicPage {
    return this.#engine.map(this.#descriptor, offset, bytes);
  }

  /** Closes the descriptor. Mapped parts stay mapped. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }
}
