import { FRAME_BYTES } from '../wire/memory.ts';
import type { MemorySegment } from './memory-segment.ts';
import { PopulatedFrames } from './populated-frames.ts';
import { SabPage } from './sab-page.ts';

/** A SharedArrayBuffer as memory, for worker threads and tests: whole from the start, so that frames come and go by name only. */
export class SabMemory implements MemorySegment {
  readonly engine = 'sab';
  readonly atomic = true;
  readonly fd = -1;
  readonly maximum: number;
  /** To be posted to the other thread, which maps frames with `new PageWindow(new SabPage(buffer), ...)`. */
  readonly buffer: SharedArrayBuffer;
  readonly #page: SabPage;
  readonly #frames: PopulatedFrames;

  constructor(maximum: number) {
    this.maximum = maximum;
    this.#page = SabPage.create(maximum * FRAME_BYTES);
    this.buffer = this.#page.buffer;
    this.#frames = new PopulatedFrames(maximum);
    this.#frames.set(0, 1, true);
  }

  get residentFrames(): number {
    return this.#frames.count();
  }

  populate(first: number, count: number): void {
    this.#frames.checkFrames(first, count);
    this.#page.write(first * FRAME_BYTES, new Uint8Array(count * FRAME_BYTES));
    this.#frames.set(first, count, true);
  }

  punch(first: number, count: number): void {
    this.#frames.checkFrames(first, count);
    this.#frames.set(first, count, false);
    this.#page.write(first * FRAME_BYTES, new Uint8Array(count * FRAME_BYTES));
  }

  load32(offset: number): number {
    this.#frames.checkWord(offset);
    return this.#page.load32(offset);
  }

  store32(offset: number, value: number): void {
    this.#frames.checkWord(offset);
    this.#page.store32(offset, value);
  }

  compareExchange32(offset: number, expected: number, desired: number): number {
    this.#frames.checkWord(offset);
    return this.#page.compareExchange32(offset, expected, desired);
  }

  read(offset: number, target: Uint8Array): void {
    this.#frames.checkBytes(offset, target.length);
    this.#page.read(offset, target);
  }

  write(offset: number, source: Uint8Array): void {
    this.#frames.checkBytes(offset, source.length);
    this.#page.write(offset, source);
  }

  unmap(): void {
    this.#page.unmap();
  }
}
