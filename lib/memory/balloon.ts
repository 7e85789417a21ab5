import { setImmediate as nextTurn } from 'node:timers/promises';
import { CtrlIfError } from '../errors.ts';
import type { MemorySegment } from '../page/memory-segment.ts';
import { freeFrames } from '../page/shm-space.ts';
import type { MemoryState } from '../wire/memory.ts';
import type { FrameAllocator, Run } from './frame-allocator.ts';

/** Sizes in frames. */
export interface MemorySize {
  target: number;
  reached: number;
}

/**
 * Why a resize ended. `done`: the target is reached. `maximum`: as large as this memory can be. `in-use`: every frame
 * that is left is in use. `no-space`: the machine has no more. `superseded`: a later one goes on in its place.
 */
export type ResizeEnd = Extract<MemoryState, 'done' | 'maximum' | 'in-use' | 'no-space'> | 'superseded';

type StepEnd = Exclude<ResizeEnd, 'superseded'>;

export interface Resized extends MemorySize {
  reason: ResizeEnd;
}

export interface ResizeOptions {
  /** After each batch that changed something. */
  onProgress?: (size: MemorySize) => void;
}

export interface BalloonOptions {
  /** Frames a turn of the event loop; 256 of them (1 MiB) are well under a millisecond. */
  batch?: number;
  /** How many frames more the machine can give. */
  available?: () => number;
  /** Told of each change of the size, and of what is being done about it. */
  watch?: (size: MemorySize, state: Exclude<MemoryState, 'idle'>) => void;
}

/**
 * Grows and shrinks a memory towards a target, in batches between which the event loop has its turn. It takes free frames
 * only and gets as far as it can; that the original could not say, and retried every second in silence.
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

  /** What was asked for last, and what there is. */
  get size(): MemorySize {
    return { target: this.#target, reached: this.#frames.populated };
  }

  /**
   * Resolves when it can get no further, with how far it got; rejects for a target that is no number, and when the
   * system fails. An earlier resize that still runs ends with `superseded`.
   */
  async resize(target: number, { onProgress }: ResizeOptions = {}): Promise<Resized> {
    checkNumber(target);
    const mine = ++this.#resize;
    this.#target = target;
    this.#watch(this.size, 'resizing');
    for (;;) {
      await nextTurn(); // first of all: whoever relays the order can answer it before the work begins
      const before = this.#frames.populated;
      if (mine !== this.#resize) return { target, reached: before, reason: 'superseded' };
      const reason = this.#step(target);
      const { size } = this;
      this.#watch(size, reason ?? 'resizing');
      if (size.reached !== before) onProgress?.(size);
      if (reason) return { ...size, reason };
    }
  }

  /** One batch; says why when there is no point in another. */
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

  /** As much of the run as there is space for, by halves. */
  #bringIn({ first, count }: Run): number {
    for (let some = count; some > 0; some >>= 1) {
      try {
        this.#segment.populate(first, some);
        this.#frames.bringIn({ first, count: some });
        return some;
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
  throw new CtrlIfError(
    'ERR_CTRL_IF_MEMORY_TARGET',
    `${target} is no number of frames; a target is an integer of 0 or more`,
    {
      expected: 'an integer of 0 or more',
      received: target,
    },
  );
}
