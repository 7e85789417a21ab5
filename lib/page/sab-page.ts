import { ASLEEP, AWAKE, ENGINE_NUMBERS } from '../wire/page.ts';
import { closedError } from './failure.ts';
import type { AtomicPage, PollCost } from './page.ts';
import { PageRing } from './page-ring.ts';
import type { RingEngine, RingParts } from './ring-engine.ts';

/** As for the native engine: an `Atomics` call costs as much as a call of the addon. */
const POLL_COST: PollCost = { pollsPerCall: 200, scale: 1 };

/**
 * A page in a SharedArrayBuffer, for worker threads of one process. `Atomics` are sequentially consistent, which includes every
 * order that {@link Page} names.
 */
export class SabPage implements AtomicPage {
  /** The engine's name. */
  readonly engine = 'sab';
  readonly engineNumber = ENGINE_NUMBERS.sab;
  readonly atomic = true;
  readonly pollCost = POLL_COST;
  readonly eventPage = undefined;
  readonly bytes: number;
  /** The shared memory. Post it to the other thread, which opens it with `new SabPage(buffer)`. */
  readonly buffer: SharedArrayBuffer;
  #words: Int32Array | undefined;
  readonly #plain: Uint8Array;

  /** Opens the page in `buffer`, whose length is a multiple of 4. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.bytes = buffer.byteLength;
    this.#words = new Int32Array(buffer);
    this.#plain = new Uint8Array(buffer);
  }

  /** Creates a zeroed page of `bytes` bytes, a multiple of 4. */
  static create(bytes: number): SabPage {
    return new SabPage(new SharedArrayBuffer(bytes));
  }

  load32(offset: number): number {
    return Atomics.load(this.#open(), offset >> 2) >>> 0;
  }

  store32(offset: number, value: number): void {
    Atomics.store(this.#open(), offset >> 2, value | 0);
  }

  compareExchange32(offset: number, expected: number, desired: number): number {
    return Atomics.compareExchange(this.#open(), offset >> 2, expected | 0, desired | 0) >>> 0;
  }

  armWakeup(offset: number): void {
    Atomics.store(this.#open(), offset >> 2, ASLEEP);
  }

  claimWakeup(offset: number): boolean {
    const words = this.#open();
    return Atomics.load(words, offset >> 2) === ASLEEP && Atomics.exchange(words, offset >> 2, AWAKE) === ASLEEP;
  }

  openRing(parts: RingParts): RingEngine {
    return new PageRing(this, parts);
  }

  read(offset: number, target: Uint8Array): void {
    this.#open();
    // subarray() would count a negative offset from the end, and return fewer bytes at the end.
    if (!(offset >= 0 && offset + target.length <= this.bytes)) throw new RangeError('offset is out of bounds');
    target.set(this.#plain.subarray(offset, offset + target.length));
  }

  write(offset: number, source: Uint8Array): void {
    this.#open();
    this.#plain.set(source, offset);
  }

  unmap(): void {
    this.#words = undefined;
  }

  #open(): Int32Array {
    if (!this.#words) throw closedError('of this SharedArrayBuffer');
    return this.#words;
  }
}
