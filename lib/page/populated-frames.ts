import { FRAME_BYTES } from '../wire/memory.ts';

/** Which frames have memory, for the engines that must remember it themselves. */
export class PopulatedFrames {
  readonly #has: Uint8Array;
  /** One beyond the highest frame that has memory. */
  end = 0;

  constructor(maximum: number) {
    this.#has = new Uint8Array(maximum);
  }

  set(first: number, count: number, has: boolean): void {
    this.#has.fill(has ? 1 : 0, first, first + count);
    if (has) this.end = Math.max(this.end, first + count);
    else while (this.end > 0 && this.#has[this.end - 1] === 0) this.end--;
  }

  count(): number {
    let count = 0;
    for (const has of this.#has) count += has;
    return count;
  }

  /** Throws unless frames first..first+count-1 are frames at all. */
  checkFrames(first: number, count: number): void {
    const whole = Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count > 0;
    if (!whole || first + count > this.#has.length) {
      throw new RangeError(`frames ${first} to ${first + count - 1} are not all among ${this.#has.length}`);
    }
  }

  /** Throws unless all of these bytes lie in frames that have memory. */
  checkBytes(offset: number, bytes: number): void {
    const last = Math.floor((offset + Math.max(bytes, 1) - 1) / FRAME_BYTES);
    let all = offset >= 0 && last < this.#has.length;
    for (let frame = Math.floor(offset / FRAME_BYTES); all && frame <= last; frame++) all = this.#has[frame] === 1;
    if (!all) {
      throw new RangeError(`bytes ${offset} to ${offset + bytes} are not all inside frames that have memory`);
    }
  }

  checkWord(offset: number): void {
    if (offset % 4 !== 0) throw new RangeError(`a word cannot lie at ${offset}, which is no multiple of 4`);
    this.checkBytes(offset, 4);
  }
}
