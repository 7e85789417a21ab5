import { markAsUntransferable } from 'node:worker_threads';
import { loadAddon, type NativeRing, type NativeSegment } from './addon.ts';
import * as codes from './native-codes.ts';
import type { RingEngine, RingParts } from './ring-engine.ts';

// Locals of this module: V8 treats them as constants, but loads imported names in every call.
const RING = codes.CALL_RING;
const COUNT = codes.CALL_COUNT;
const MAX = codes.CALL_MAX;
const POLLS = codes.CALL_POLLS;
const COLLECTED = codes.CALL_COLLECTED;
const ROLES = { front: codes.ROLE_FRONT, back: codes.ROLE_BACK } as const;

const { addon } = loadAddon();
// The addon keeps a pointer to this memory, so it must never be transferred to another thread.
if (addon) markAsUntransferable(addon.callBlock);
const callBlock = new Int32Array(addon?.callBlock ?? new ArrayBuffer(0));
/** One function for every ring: V8 calls it in half the time when a call site only ever sees one function. */
const transfer = addon?.transfer ?? (() => {});

/** A ring half in the addon. */
export class NativeRingEngine implements RingEngine {
  readonly #ring: NativeRing;
  readonly #index: number;

  constructor(segment: NativeSegment, { role, geometry, outbox, inbox, peerWakeup }: RingParts) {
    const { offset, entryBytes, slots } = geometry;
    this.#ring = segment.openRing(ROLES[role], offset, entryBytes, slots, outbox, inbox, peerWakeup);
    this.#index = this.#ring.index;
  }

  get unanswered(): number {
    return this.#ring.unanswered;
  }

  collect(max: number, polls: number): number {
    this.#order(0, max, polls);
    transfer();
    return callBlock[COLLECTED]!;
  }

  exchange(count: number, max: number, polls: number): number {
    this.#order(count, max, polls);
    transfer();
    return callBlock[COLLECTED]!;
  }

  /** Writes the arguments of `transfer`. */
  #order(count: number, max: number, polls: number): void {
    callBlock[RING] = this.#index;
    callBlock[COUNT] = count;
    callBlock[MAX] = max;
    callBlock[POLLS] = polls;
  }
}
