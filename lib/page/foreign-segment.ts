import { closeSync, constants, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import type { MemoryEngine } from './engine.ts';
import { pageError } from './failure.ts';
import type { AtomicPage } from './page.ts';

/** A segment as its owner tells others of it: a descriptor of its process, and how to know the object when it is opened. */
export interface SegmentAddress {
  readonly pid: number;
  readonly descriptor: number;
  readonly device: number;
  readonly inode: number;
}

/** Where others find the segment that this process keeps open. */
export function segmentAddress(descriptor: number): SegmentAddress {
  const { dev, ino } = statOf(descriptor);
  return { pid: process.pid, descriptor, device: dev, inode: ino };
}

/** By its name in /proc where there is one: Deno's fstat knows no descriptor that the addon has opened. */
function statOf(descriptor: number): Stats {
  return statSync(`/proc/self/fd/${descriptor}`, { throwIfNoEntry: false }) ?? fstatSync(descriptor);
}

/**
 * A segment that another process keeps open, found through /proc and kept open here, so that its parts can be mapped when
 * the other has closed it, and never those of an object that has taken its number since.
 */
export class ForeignSegment {
  readonly #descriptor: number;
  readonly #engine: Pick<MemoryEngine, 'map'>;
  #closed = false;

  /**
   * @throws CtrlIfError `ERR_CTRL_IF_PAGE_NOT_FOUND` when the process is gone, has closed it, or runs where its /proc is
   *   another; `_PAGE_PERMISSION`, `_PAGE_SYSTEM`
   */
  constructor({ pid, descriptor, device, inode }: SegmentAddress, engine: Pick<MemoryEngine, 'map'>) {
    let opened: number | undefined;
    try {
      // Opening waits for nobody and takes no terminal, whatever the number stands for by now.
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

  /** Maps these bytes, from a multiple of the system's page size; `ERR_CTRL_IF_PAGE_TRUNCATED` when it is shorter. */
  map(offset: number, bytes: number): AtomicPage {
    return this.#engine.map(this.#descriptor, offset, bytes);
  }

  /** What is mapped stays mapped. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#descriptor);
  }
}
