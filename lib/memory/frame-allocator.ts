import { CtrlIfError } from '../errors.ts';

/** Frames that follow one another. */
export interface Run {
  first: number;
  count: number;
}

const OUT = 0;
const FREE = 1;
const USED = 2;
const RESERVED = 3;

/**
 * Who has which frame of a memory: the first `reserved` ones nobody ever gets; the others are out (without memory, in
 * the balloon), free, or in use. Lowest first for those who ask, highest first for the balloon, so that both keep out of
 * each other's way. Pure: it knows of no memory.
 */
export class FrameAllocator {
  readonly maximum: number;
  readonly reserved: number;
  readonly #state: Uint8Array;
  #available = 0;
  #used = 0;
  // Hints: no free frame lies below lowFree or above highFree, no frame that is out below lowOut.
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

  /** Frames that cannot be taken away: reserved ones and those in use. */
  get inUse(): number {
    return this.reserved + this.#used;
  }

  /** Frames that {@link allocateMany} could give. */
  get available(): number {
    return this.#available;
  }

  /** The lowest `count` free frames, in order and not necessarily neighbours; or `ERR_CTRL_IF_NO_FRAMES` and none. */
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

  /** Throws unless the frame is in use: `ERR_CTRL_IF_FRAME_RANGE` or `ERR_CTRL_IF_FRAME_NOT_ALLOCATED`. */
  free(frame: number): void {
    this.checkUsed(frame);
    this.#state[frame] = FREE;
    this.#used--;
    this.#available++;
    this.#lowFree = Math.min(this.#lowFree, frame);
    this.#highFree = Math.max(this.#highFree, frame);
  }

  checkUsed(frame: number): void {
    const state = this.#state[frame]; // undefined for what is no index of it
    if (state === USED) return;
    if (state === undefined) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_FRAME_RANGE',
        `${frame} is no frame of this domain, whose frames are 0 to ${this.maximum - 1}`,
        { expected: `${this.reserved} to ${this.maximum - 1}`, received: frame },
      );
    }
    const why =
      state === FREE ? 'is free' : state === OUT ? 'has no memory' : 'is the control page or of the grant table';
    throw new CtrlIfError(
      'ERR_CTRL_IF_FRAME_NOT_ALLOCATED',
      `frame ${frame} ${why}; only a frame that allocate() gave, and that was not freed since, can be used so`,
      { expected: 'a frame in use', received: frame },
    );
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

  /** They have memory from now on, and are free. */
  bringIn({ first, count }: Run): void {
    this.#move(first, count, OUT, FREE);
    this.#available += count;
    this.#lowFree = Math.min(this.#lowFree, first);
    this.#highFree = Math.max(this.#highFree, first + count - 1);
  }

  /** Nobody gets them any more. To be called before their memory is taken. */
  takeOut({ first, count }: Run): void {
    this.#move(first, count, FREE, OUT);
    this.#available -= count;
    this.#lowOut = Math.min(this.#lowOut, first);
  }

  #move(first: number, count: number, from: number, to: number): void {
    for (let frame = first; frame < first + count; frame++) {
      if (this.#state[frame] !== from) throw new RangeError(`frame ${frame} is not in the state it is taken from`);
    }
    this.#state.fill(to, first, first + count);
  }
}
