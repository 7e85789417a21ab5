import { CtrlIfError } from '../errors.ts';
import { chooseEngine } from '../page/choose-engine.ts';
import { openStart } from '../page/control-page.ts';
import { createMemorySegment } from '../page/create-memory.ts';
import type { MemorySegment } from '../page/memory-segment.ts';
import { unlinkPage } from '../page/name.ts';
import type { NamedEngine, NamedPage } from '../page/page.ts';
import { FRAME_BYTES, type MemoryState, reservedFrames } from '../wire/memory.ts';
import { PAGE_BYTES } from '../wire/page.ts';
import { Balloon, type BalloonOptions, type MemorySize, type Resized, type ResizeOptions } from './balloon.ts';
import { checkInFrame, type Frame } from './frame.ts';
import { FrameAllocator } from './frame-allocator.ts';
import { FrameGrants } from './frame-grants.ts';
import { writeMemoryStatus } from './memory-status.ts';

/** Options of a guest's memory. */
export interface DomainMemoryOptions extends BalloonOptions {
  /** Frames of 4 KiB to begin with: at least the control page, the grant table and one more. */
  frames: number;
  /** The most frames that it can ever have. They cost addresses, not memory. */
  maximum: number;
  /** The engine of its segment. Default: as `chooseEngine` chooses. */
  engine?: NamedEngine;
}

const ZEROS = new Uint8Array(FRAME_BYTES);

/**
 * A guest's memory. Frame 0 is its control page, the next frames hold the grant table, and the others can be allocated. The
 * guest owns the memory; a backend maps single frames of it with a {@link FrameMapper}.
 */
export class DomainMemory {
  /**
   * The shared memory of all frames.
   *
   * @internal
   */
  readonly segment: MemorySegment;
  readonly #frames: FrameAllocator;
  readonly #grants: FrameGrants;
  readonly #balloon: Balloon;
  #listener: () => void = () => {};

  /**
   * Takes over a segment that has frame 0 alone.
   *
   * @internal
   * @throws CtrlIfError `ERR_CTRL_IF_MEMORY_TARGET` when `frames` is too few or more than the segment's maximum
   */
  constructor(segment: MemorySegment, frames: number, options: BalloonOptions = {}) {
    const reserved = reservedFrames(segment.maximum);
    if (!Number.isInteger(frames) || frames <= reserved || frames > segment.maximum) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_MEMORY_TARGET',
        `a memory of at most ${segment.maximum} frames, of which it needs ${reserved} for itself, cannot begin with ${frames}`,
        {
          advice: `begin with ${reserved + 1} to ${segment.maximum} frames`,
          expected: `${reserved + 1} to ${segment.maximum} frames`,
          received: frames,
        },
      );
    }
    this.segment = segment;
    this.#frames = new FrameAllocator(segment.maximum, reserved);
    segment.populate(1, frames - 1);
    this.#frames.bringIn({ first: reserved, count: frames - reserved });
    this.#grants = new FrameGrants(segment, segment.maximum);
    this.#balloon = new Balloon(segment, this.#frames, {
      ...options,
      watch: (size, state) => {
        this.#publish(size, state);
        options.watch?.(size, state);
        this.#listener();
      },
    });
    this.#publish(this.size, 'idle');
  }

  /**
   * Creates segment `name` and maps its frame 0 as the control page. The caller unlinks the name. When it fails, nothing is
   * left.
   *
   * @internal
   * @throws CtrlIfError `ERR_CTRL_IF_MEMORY_TARGET` when `frames` or `maximum` is out of range; `ERR_CTRL_IF_ENGINE` when the
   *   engine maps no frames; `ERR_CTRL_IF_PAGE_*` when the segment cannot be created
   */
  static create(
    name: string,
    { frames, maximum, engine = chooseEngine().engine, ...options }: DomainMemoryOptions,
  ): { memory: DomainMemory; page: NamedPage } {
    const segment = createMemorySegment(name, maximum, engine);
    let page: NamedPage | undefined;
    try {
      page = openStart(name, PAGE_BYTES, engine);
      return { memory: new DomainMemory(segment, frames, options), page };
    } catch (failure) {
      page?.unmap();
      segment.unmap();
      unlinkPage(name);
      throw failure;
    }
  }

  /** The latest target, and the frames that have memory. */
  get size(): MemorySize {
    return this.#balloon.size;
  }

  /** The most frames that this memory can ever have. */
  get maximum(): number {
    return this.#frames.maximum;
  }

  /** Frames that the balloon cannot take: the control page, the grant table, and the allocated frames. */
  get inUse(): number {
    return this.#frames.inUse;
  }

  /** Frames that {@link allocate} can give. */
  get available(): number {
    return this.#frames.available;
  }

  /**
   * Allocates a zeroed frame and returns its number.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NO_FRAMES` when no frame is free
   */
  allocate(): number {
    return this.allocateMany(1)[0]!;
  }

  /**
   * Allocates `count` zeroed frames, all or none of them, and returns their numbers in ascending order.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_VALUE` when `count` is no integer of 1 or more; `ERR_CTRL_IF_NO_FRAMES` when fewer are free
   */
  allocateMany(count: number): number[] {
    const frames = this.#frames.allocateMany(count);
    // The frame may be granted to another domain, which must not read its former content.
    for (const frame of frames) this.segment.write(frame * FRAME_BYTES, ZEROS);
    return frames;
  }

  /**
   * Frees an allocated frame.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_FRAME_IN_USE` while it is granted; `ERR_CTRL_IF_FRAME_RANGE` when it is no frame of this
   *   memory; `ERR_CTRL_IF_FRAME_NOT_ALLOCATED` when it is not in use
   */
  free(frame: number): void {
    this.#frames.checkUsed(frame);
    const domid = this.#grants.grantedTo(frame);
    if (domid !== undefined) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_FRAME_IN_USE',
        `frame ${frame} is granted to domain ${domid} and cannot be freed`,
        { advice: 'end its access first', domid, received: frame },
      );
    }
    this.#frames.free(frame);
  }

  /**
   * The bytes of an allocated frame. Its calls throw once the frame has been freed.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_FRAME_RANGE` or `ERR_CTRL_IF_FRAME_NOT_ALLOCATED` when it is not in use
   */
  frame(frame: number): Frame {
    this.#frames.checkUsed(frame);
    const inSegment = (offset: number, bytes: number): number => {
      this.#frames.checkUsed(frame);
      checkInFrame(offset, bytes);
      return frame * FRAME_BYTES + offset;
    };
    return {
      frame,
      load32: (offset) => this.segment.load32(inSegment(offset, 4)),
      store32: (offset, value) => this.segment.store32(inSegment(offset, 4), value),
      read: (offset, target) => this.segment.read(inSegment(offset, target.length), target),
      write: (offset, source) => this.segment.write(inSegment(offset, source.length), source),
    };
  }

  /**
   * Lets domain `domid` map an allocated frame. A second grant to the same domain changes nothing.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_FRAME_IN_USE` while the frame is granted to another domain; `ERR_CTRL_IF_VALUE` when `domid`
   *   is no domid; `ERR_CTRL_IF_FRAME_RANGE` or `ERR_CTRL_IF_FRAME_NOT_ALLOCATED` when the frame is not in use
   */
  grantAccess(frame: number, domid: number): void {
    this.#frames.checkUsed(frame);
    this.#grants.grantAccess(frame, domid);
  }

  /**
   * Ends the access to a frame. For a frame that is not granted nothing happens. `force` is for a dead backend only.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_FRAME_IN_USE` while the backend has the frame mapped, unless `force`
   */
  endAccess(frame: number, options?: { force?: boolean }): void {
    this.#grants.endAccess(frame, options);
  }

  /** Ends all access of a dead domain, and returns those frames. */
  endAllAccess(domid: number): number[] {
    return this.#grants.endAllAccess(domid);
  }

  /** Whether the frame's grant says that a backend has it mapped. */
  isMapped(frame: number): boolean {
    return this.#grants.isMapped(frame);
  }

  /**
   * Grows or shrinks the memory to `target` frames, or as near as it gets. The control page shows the progress
   * (`readMemoryStatus`).
   *
   * @throws CtrlIfError `ERR_CTRL_IF_MEMORY_TARGET` when `target` is no integer of 0 or more; `ERR_CTRL_IF_PAGE_*` when the
   *   system fails
   */
  resize(target: number, options?: ResizeOptions): Promise<Resized> {
    return this.#balloon.resize(target, options);
  }

  /**
   * Calls `listener` after each change of the size in the control page. A second call replaces the first.
   *
   * @internal
   */
  setListener(listener: () => void): void {
    this.#listener = listener;
  }

  /** Unmaps the memory. Frames that peers have mapped live until the peers unmap them. Idempotent. */
  unmap(): void {
    this.segment.unmap();
  }

  #publish(size: MemorySize, state: MemoryState): void {
    writeMemoryStatus(this.segment, { maximum: this.maximum, ...size, state });
  }
}
