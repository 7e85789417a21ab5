import { markAsUntransferable } from 'node:worker_threads';
import { loadAddon, type NativeRing } from '../page/addon.ts';
import type { NativePage } from '../page/native-page.ts';
import type { RingEngine, RingRole } from './engine.ts';
import type { RingGeometry } from './geometry.ts';

/** Words of the desk, in which orders go to the addon and results come back; the same as in `native/addon.hpp`. */
const RING = 0;
const COUNT = 1;
const MAX = 2;
const POLLS = 3;
const LOOK = 4;
const PUBLISHED = 5;
const COLLECTED = 6;

const { addon } = loadAddon();
// The addon keeps a pointer into it, so its memory must never move to another thread.
if (addon) markAsUntransferable(addon.desk);
const desk = new Int32Array(addon?.desk ?? new ArrayBuffer(0));
/** The same function for every ring: V8 calls it in half the time where a call site only ever sees the one. */
const transfer = addon?.transfer ?? (() => {});

/** A ring half in the addon. */
export class NativeRingEngine implements RingEngine {
  readonly #ring: NativeRing;
  readonly #index: number;

  constructor(
    page: NativePage,
    role: RingRole,
    { offset, entryBytes, slots }: RingGeometry,
    outbox: Uint8Array,
    inbox: Uint8Array,
    peerWakeup: number,
  ) {
    this.#ring = page.segment.openRing(role, offset, entryBytes, slots, outbox, inbox, peerWakeup);
    this.#index = this.#ring.index;
  }

  get unanswered(): number {
    return this.#ring.unanswered;
  }

  publish(count: number): number {
    this.#order(count, 0, 0, 0);
    return desk[PUBLISHED]!;
  }

  collect(max: number, polls: number): number {
    return this.#order(0, max, polls, 0);
  }

  exchange(count: number, max: number, polls: number): number {
    return this.#order(count, max, polls, 1);
  }

  #order(count: number, max: number, polls: number, look: 0 | 1): number {
    desk[RING] = this.#index;
    desk[COUNT] = count;
    desk[MAX] = max;
    desk[POLLS] = polls;
    desk[LOOK] = look;
    transfer();
    return desk[COLLECTED]!;
  }
}
