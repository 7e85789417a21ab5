import { CtrlIfError } from '../errors.ts';

/** Consecutive frames. */
export interface Run {
  first: number;
  count: number;
}

const OUT = 0;
const FREE = 1;
const USED = 2;
const RESERVED = 3;

/**
 * The state of each frame of a memory. The first `reserved` frames are never given out. The others are out (without memory, in
 * the balloon), free, or in use. Allocation takes the lowest free frames and the balloon the highest, so that they seldom meet.
 * It touches no memory.
 */
export class FrameAllocator {
  readonly maximum: number;
  readonly reserved: number;
  readonly #state: Uint8Array;
  #available = 0;
  #used = 0;
  // Bounds that save a search: no free frame is below lowFree or above highFree, and no frame that is out is below lowOut.
  #lowFree: number;
  #highFree = -1;
  #lowOut: number;

  /** All but the reserved frames are out. */
  constructor(maximum: number, reserved: number) {
    this.maximum = maximum;
    this.reserved = reserved;
    this.#state = new Uint8Array(maximum).fill(RESERVED, 0, reserved);
    this.#lowFree = maximum;
    this.#lowOut = reserved;
  }

  /** Frames that have memory: reserved, in use and free ones. */
  get populated(): number {
    return this.reserved + this.#used + this.#available;
  }

  /** Frames that the balloon cannot take: reserved ones and those in use. */
  get inUse(): number {
    return this.reserved + this.#used;
  }

  /** Frames that {@link allocateMany} can give. */
  get available(): number {
    return this.#available;
  }

  /**
   * Allocates the lowest `count` free frames, which need not be neighbours; returns them in ascending order.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_VALUE` when `count` is no integer of 1 or more; `ERR_CTRL_IF_NO_FRAMES` when fewer are free
   */
  allocateMany(count: number): number[] {
    if (!Number.isInteger(count) || count < 1) {
      throw new CtrlIfError('ERR_CTRL_IF_VALUE', `cannot allocate ${count} frames`, {
        advice: 'ask for an integer of 1 or more',
        expected: 'an integer of 1 or more',
        received: count,
      });
    }
    if (count > this.#available) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_NO_FRAMES',
        `${count} frames were asked for and ${this.#available} of this domain's ${this.populated} are free`,
        { advice: 'free some, or let its memory grow', expected: `at most ${this.#available}`, received: count },
      );
    }
    const frames: number[] = [];
    for (let frame = this.#lowFree; frames.length < count; frame++) {
      if (this.#state[frame] !== FREE) continue;
      this.#state[frame] = USED;
      frames.push(frame);
    }
    this.#lowFree = frames.at(-1)! + 1;
    this.#available -= count;
    this.#used += count;
    return frames;
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_FRAME_RANGE` or `ERR_CTRL_IF_FRAME_NOT_ALLOCATED` unless the frame is in use */
  free(frame: number): void {
    this.checkUsed(frame);
    this.#state[frame] = FREE;
    this.#used--;
    this.#available++;
    this.#lowFree = Math.min(this.#lowFree, frame);
    this.#highFree = Math.max(this.#highFree, frame);
  }

  /** @throws CtrlIfError `ERR_CTRL_IF_FRAME_RANGE` or `ERR_CTRL_IF_FRAME_NOT_ALLOCATED` unless the frame is in use */
  checkUsed(frame: number): void {
    const state = this.#state[frame]; // undefined when `frame` is no index of the array
    if (state === USED) return;
    if (state === undefined) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_FRAME_RANGE',
        `${frame} is no frame of this domain, whose frames are 0 to ${this.maximum - 1}`,
        { expected: `${this.reserved} to ${this.maximum - 1}`, received: frame },
      );
    }
    const why =
      state === FREE ? 'is free' : state === OUT ? 'has no memory' : 'is the control page or part of the grant table';
    throw new CtrlIfError('ERR_CTRL_IF_FRAME_NOT_ALLOCATED', `frame ${frame} ${why}, and not in use`, {
      advice: 'name a frame that allocate() gave and that was not freed since',
      expected: 'a frame in use',
      received: frame,
    });
  }

  /** The lowest frames that are out, at most `most` of them. */
  lowestOut(most: number): Run | undefined {
    let first = this.#lowOut;
    while (first < this.maximum && this.#state[first] !== OUT) first++;
    this.#lowOut = first;
    let end = first;
    while (end < this.maximum && end - first < most && this.#state[end] === OUT) end++;
    return end > first ? { first, count: end - first } : undefined;
  }

  /** The highest free frames, at most `most` of them. */
  highestFree(most: number): Run | undefined {
    let last = this.#highFree;
    while (last >= 0 && this.#state[last] !== FREE) last--;
    this.#highFree = last;
    let before = last;
    while (before >= 0 && last - before < most && this.#state[before] === FREE) before--;
    return last > before ? { first: before + 1, count: last - before } : undefined;
  }

  /** Makes these frames free, once they have memory. */
  bringIn({ first, count }: Run): void {
    this.#move(first, count, OUT, FREE);
    this.#available += count;
    this.#lowFree = Math.min(this.#lowFree, first);
    this.#highFree = Math.max(this.#highFree, first + count - 1);
  }

  /** Makes these free frames unavailable. Call it before taking their memory. */
  takeOut({ first, count }: Run): void {
    this.#move(first, count, FREE, OUT);
    this.#available -= count;
    this.#lowOut = Math.min(this.#lowOut, first);
  }

  #move(first: number, count: number, from: number, to: number): void {
    for (let frame = first; frame < first + count; frame++) {
      if (this.#state[frame] !== from) throw new RangeError(`frame ${frame} is in another state than ${from}`);
    }
    this.#state.fill(to, first, first + count);
  }
}
