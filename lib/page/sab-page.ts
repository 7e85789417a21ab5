import { ASLEEP, AWAKE, ENGINE_NUMBERS } from '../wire/page.ts';
import { closedError } from './failure.ts';
import type { AtomicPage, PollCost } from './page.ts';
import { PageRing } from './page-ring.ts';
import type { RingEngine, RingParts } from './ring-engine.ts';

/** As the native engine: an `Atomics` call costs what a call of the addon does. */
const POLL_COST: PollCost = { pollsPerCall: 200, scale: 1 };

/** A SharedArrayBuffer between worker threads of one process. `Atomics` are sequentially consistent, so every order named in {@link AtomicPage} holds. */
export class SabPage implements AtomicPage {
  readonly engine = 'sab';
  readonly engineNumber = ENGINE_NUMBERS.sab;
  readonly atomic = true;
  readonly pollCost = POLL_COST;
  readonly eventPage = undefined;
  readonly bytes: number;
  /** To be posted to the other thread, which opens it with `new SabPage(buffer)`. */
  readonly buffer: SharedArrayBuffer;
  #words: Int32Array | undefined;
  readonly #plain: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.bytes = buffer.byteLength;
    this.#words = new Int32Array(buffer);
    this.#plain = new Uint8Array(buffer);
  }

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
    // subarray() would take a negative offset from the end, and give less than was asked for beyond it.
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
