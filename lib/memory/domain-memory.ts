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

export interface DomainMemoryOptions extends BalloonOptions {
  /** Frames to begin with; at least the control page, the grant table and one more. */
  frames: number;
  /** Frames it can ever have: addresses are reserved for these, memory is not. */
  maximum: number;
  engine?: NamedEngine;
}

const ZEROS = new Uint8Array(FRAME_BYTES);

/**
 * A guest's memory: frame 0 is its control page, the next hold the grant table, the others are handed out. Belongs to
 * the guest; a backend maps single frames of it with a {@link FrameMapper}.
 */
export class DomainMemory {
  readonly segment: MemorySegment;
  readonly #frames: FrameAllocator;
  readonly #grants: FrameGrants;
  readonly #balloon: Balloon;
  #told: () => void = () => {};

  /** Takes over a segment that has frame 0 alone. */
  constructor(segment: MemorySegment, frames: number, options: BalloonOptions = {}) {
    const reserved = reservedFrames(segment.maximum);
    if (!Number.isInteger(frames) || frames <= reserved || frames > segment.maximum) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_MEMORY_TARGET',
        `a memory of at most ${segment.maximum} frames cannot begin with ${frames}; it needs ${reserved} for itself, so ${reserved + 1} to ${segment.maximum}`,
        { expected: `${reserved + 1} to ${segment.maximum} frames`, received: frames },
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
        this.#told();
      },
    });
    this.#publish(this.size, 'idle');
  }

  /**
   * Creates segment `name` and maps frame 0 of it as a page, for the control interface. The name is the caller's to
   * unlink. When it fails nothing is left.
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

  /** What was asked for last, and what there is. */
  get size(): MemorySize {
    return this.#balloon.size;
  }

  get maximum(): number {
    return this.#frames.maximum;
  }

  /** Frames that cannot be taken away: the control page, the grant table, and what {@link allocate} gave out. */
  get inUse(): number {
    return this.#frames.inUse;
  }

  /** Frames that {@link allocate} could give. */
  get available(): number {
    return this.#frames.available;
  }

  /** A zeroed frame; `ERR_CTRL_IF_NO_FRAMES` when none is free. */
  allocate(): number {
    return this.allocateMany(1)[0]!;
  }

  allocateMany(count: number): number[] {
    const frames = this.#frames.allocateMany(count);
    // Its next owner may grant it to another domain, which must not read what was in it before.
    for (const frame of frames) this.segment.write(frame * FRAME_BYTES, ZEROS);
    return frames;
  }

  /** `ERR_CTRL_IF_FRAME_IN_USE` while it is granted; else as {@link FrameAllocator.free}. */
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

  /** The bytes of a frame in use. Refused again once it is freed. */
  frame(frame: number): Frame {
    this.#frames.checkUsed(frame);
    const at = (offset: number, bytes: number): number => {
      this.#frames.checkUsed(frame);
      checkInFrame(offset, bytes);
      return frame * FRAME_BYTES + offset;
    };
    return {
      frame,
      load32: (offset) => this.segment.load32(at(offset, 4)),
      store32: (offset, value) => this.segment.store32(at(offset, 4), value),
      read: (offset, target) => this.segment.read(at(offset, target.length), target),
      write: (offset, source) => this.segment.write(at(offset, source.length), source),
    };
  }

  /** Lets that domain map a frame in use; see {@link FrameGrants.grantAccess}. */
  grantAccess(frame: number, domid: number): void {
    this.#frames.checkUsed(frame);
    this.#grants.grantAccess(frame, domid);
  }

  /** See {@link FrameGrants.endAccess}. */
  endAccess(frame: number, options?: { force?: boolean }): void {
    this.#grants.endAccess(frame, options);
  }

  /** For a domain that is dead: ends all its access, and returns those frames. */
  endAllAccess(domid: number): number[] {
    return this.#grants.endAllAccess(domid);
  }

  /** Whether the domain that it is granted to has it mapped, by the grant's own word. */
  isMapped(frame: number): boolean {
    return this.#grants.isMapped(frame);
  }

  /** See {@link Balloon.resize}. Whoever maps the control page can watch it (`readMemoryStatus`). */
  resize(target: number, options?: ResizeOptions): Promise<Resized> {
    return this.#balloon.resize(target, options);
  }

  /** Calls `listener` after each change of what the control page says of this memory's size. */
  tell(listener: () => void): void {
    this.#told = listener;
  }

  /** Gives the memory back; what others have mapped lives until they let go. Idempotent. */
  unmap(): void {
    this.segment.unmap();
  }

  #publish(size: MemorySize, state: MemoryState): void {
    writeMemoryStatus(this.segment, { maximum: this.maximum, ...size, state });
  }
}
