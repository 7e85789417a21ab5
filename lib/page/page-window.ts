import type { EngineName, Page, PollCost } from './page.ts';
import { PageRing } from './page-ring.ts';
import type { RingEngine, RingParts } from './ring-engine.ts';

/** A part of a page as a page of its own, for engines that can only map the whole. Gives the whole back with itself. */
export class PageWindow implements Page {
  readonly eventPage = undefined;
  readonly bytes: number;
  readonly #page: Page;
  readonly #start: number;

  /** Throws a RangeError when the page does not have all of these bytes. */
  constructor(page: Page, start: number, bytes: number) {
    if (!(start >= 0 && start % 4 === 0 && bytes > 0 && start + bytes <= page.bytes)) {
      throw new RangeError(`bytes ${start} to ${start + bytes} are not all inside a page of ${page.bytes}`);
    }
    this.#page = page;
    this.#start = start;
    this.bytes = bytes;
  }

  get engine(): EngineName {
    return this.#page.engine;
  }

  get engineNumber(): number {
    return this.#page.engineNumber;
  }

  get atomic(): boolean {
    return this.#page.atomic;
  }

  get pollCost(): PollCost {
    return this.#page.pollCost;
  }

  load32(offset: number): number {
    return this.#page.load32(this.#at(offset, 4));
  }

  store32(offset: number, value: number): void {
    this.#page.store32(this.#at(offset, 4), value);
  }

  compareExchange32(offset: number, expected: number, desired: number): number {
    if (!this.#page.compareExchange32) throw new TypeError(`the ${this.engine} engine has no exchange`);
    return this.#page.compareExchange32(this.#at(offset, 4), expected, desired);
  }

  armWakeup(offset: number): void {
    this.#page.armWakeup(this.#at(offset, 4));
  }

  claimWakeup(offset: number): boolean {
    return this.#page.claimWakeup(this.#at(offset, 4));
  }

  openRing(parts: RingParts): RingEngine {
    return new PageRing(this, parts);
  }

  read(offset: number, target: Uint8Array): void {
    this.#page.read(this.#at(offset, target.length), target);
  }

  write(offset: number, source: Uint8Array): void {
    this.#page.write(this.#at(offset, source.length), source);
  }

  unmap(): void {
    this.#page.unmap();
  }

  #at(offset: number, bytes: number): number {
    if (!(offset >= 0 && offset + bytes <= this.bytes)) {
      throw new RangeError(`bytes ${offset} to ${offset + bytes} are not all inside a window of ${this.bytes}`);
    }
    return this.#start + offset;
  }
}
