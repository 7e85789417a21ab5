import { setImmediate as nextTurn } from 'node:timers/promises';
import { CtrlIfError } from '../errors.ts';
import type { MemorySegment } from '../page/memory-segment.ts';
import { freeFrames } from '../page/shm-space.ts';
import type { MemoryState } from '../wire/memory.ts';
import type { FrameAllocator, Run } from './frame-allocator.ts';

/** The size of a domain's memory, in frames of 4 KiB. */
export interface MemorySize {
  /** The size that the latest resize asked for. */
  target: number;
  /** The frames that have memory now. */
  reached: number;
}

/**
 * Why a resize ended. `done`: the memory has reached its target. `maximum`: it is as large as it can be. `in-use`: every frame
 * above the target is in use. `no-space`: the host has no more memory. `superseded`: a later resize has taken its place.
 */
export type ResizeEnd = Extract<MemoryState, 'done' | 'maximum' | 'in-use' | 'no-space'> | 'superseded';

type StepEnd = Exclude<ResizeEnd, 'superseded'>;

/** The end of a resize: the size that the memory has now, and why the resize went no further. */
export interface Resized extends MemorySize {
  /** Why the resize ended. */
  reason: ResizeEnd;
}

/** Options of one resize. */
export interface ResizeOptions {
  /** Called after each batch that changed the size. */
  onProgress?: (size: MemorySize) => void;
}

/** Options of a balloon. */
export interface BalloonOptions {
  /** The most frames in one turn of the event loop. Default: 256 (1 MiB), which take well under a millisecond. */
  batch?: number;
  /** How many more frames the host can give. Default: what /dev/shm and the host's memory allow. */
  available?: () => number;
  /** Called at each change of the size or of the state. */
  watch?: (size: MemorySize, state: Exclude<MemoryState, 'idle'>) => void;
}

/**
 * Grows and shrinks a memory towards a target, in batches, with a turn of the event loop after each. It takes free frames only.
 * When it can go no further, it says so; the original retried every second and reported nothing.
 */
export class Balloon {
  readonly #segment: Pick<MemorySegment, 'populate' | 'punch'>;
  readonly #frames: FrameAllocator;
  readonly #batch: number;
  readonly #available: () => number;
  readonly #watch: Required<BalloonOptions>['watch'];
  #target: number;
  #resize = 0;

  constructor(
    segment: Pick<MemorySegment, 'populate' | 'punch'>,
    frames: FrameAllocator,
    { batch = 256, available = freeFrames, watch = () => {} }: BalloonOptions = {},
  ) {
    this.#segment = segment;
    this.#frames = frames;
    this.#batch = batch;
    this.#available = available;
    this.#watch = watch;
    this.#target = frames.populated;
  }

  /** The latest target, and the frames that have memory. */
  get size(): MemorySize {
    return { target: this.#target, reached: this.#frames.populated };
  }

  /**
   * Resolves when the memory has its target or can get no nearer. An earlier resize that still runs ends with `superseded`.
   *
   * @param target frames, an integer of 0 or more
   * @throws CtrlIfError `ERR_CTRL_IF_MEMORY_TARGET` when `target` is no such integer; `ERR_CTRL_IF_PAGE_*` when the system fails
   */
  async resize(target: number, { onProgress }: ResizeOptions = {}): Promise<Resized> {
    checkNumber(target);
    const mine = ++this.#resize;
    this.#target = target;
    this.#watch(this.size, 'resizing');
    for (;;) {
      await nextTurn(); // before the first batch too: the caller can answer the request before the work begins
      const before = this.#frames.populated;
      if (mine !== this.#resize) return { target, reached: before, reason: 'superseded' };
      const reason = this.#step(target);
      const { size } = this;
      this.#watch(size, reason ?? 'resizing');
      if (size.reached !== before) onProgress?.(size);
      if (reason) return { ...size, reason };
    }
  }

  /** Runs one batch. Returns the reason when another batch would change nothing. */
  #step(target: number): StepEnd | undefined {
    const { populated } = this.#frames;
    try {
      if (populated === target) return 'done';
      return populated < target ? this.#grow(target) : this.#shrink(target);
    } catch (failure) {
      this.#watch(this.size, 'failed');
      throw failure;
    }
  }

  #grow(target: number): StepEnd | undefined {
    const frames = this.#frames;
    let left = Math.min(this.#batch, target - frames.populated, this.#available());
    if (left <= 0) return 'no-space';
    while (left > 0) {
      const run = frames.lowestOut(left);
      if (!run) return 'maximum';
      const brought = this.#bringIn(run);
      if (brought === 0) return 'no-space';
      left -= brought;
    }
    return frames.populated === target ? 'done' : undefined;
  }

  /** Brings in as much of the run as there is space for, halving it until it fits. */
  #bringIn({ first, count }: Run): number {
    for (let part = count; part > 0; part >>= 1) {
      try {
        this.#segment.populate(first, part);
        this.#frames.bringIn({ first, count: part });
        return part;
      } catch (failure) {
        if ((failure as CtrlIfError).code !== 'ERR_CTRL_IF_PAGE_NO_SPACE') throw failure;
      }
    }
    return 0;
  }

  #shrink(target: number): StepEnd | undefined {
    const frames = this.#frames;
    for (let left = Math.min(this.#batch, frames.populated - target); left > 0; ) {
      const run = frames.highestFree(left);
      if (!run) return 'in-use';
      frames.takeOut(run);
      try {
        this.#segment.punch(run.first, run.count);
      } catch (failure) {
        frames.bringIn(run);
        throw failure;
      }
      left -= run.count;
    }
    return frames.populated === target ? 'done' : undefined;
  }
}

function checkNumber(target: number): void {
  if (Number.isInteger(target) && target >= 0) return;
  throw new CtrlIfError('ERR_CTRL_IF_MEMORY_TARGET', `${target} is no number of frames`, {
    advice: 'give an integer of 0 or more',
    expected: 'an integer of 0 or more',
    received: target,
  });
}
