import { CONTROL_RING_SIZE } from '../wire/constants.ts';
import type { Call } from './call.ts';

/**
 * The calls in flight by id. It has as many entries as the ring has slots and gives out the lowest free id, as the original
 * does (PROTOCOL.md 1.5). Only the response that carries an id frees it, so a late response cannot complete another
 * request (H3, H4, H5).
 */
export class CallTable {
  readonly #calls: (Call | undefined)[] = new Array(CONTROL_RING_SIZE).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds the call. Returns its id, or -1 when all ids are taken. */
  add(call: Call): number {
    if (this.#size === CONTROL_RING_SIZE) return -1;
    const id = this.#calls.indexOf(undefined);
    this.#calls[id] = call;
    this.#size++;
    return id;
  }

  /** Removes and returns the call with `id`; `undefined` when no request with that id is in flight. */
  take(id: number): Call | undefined {
    const call = this.#calls[id];
    if (!call) return undefined;
    this.#calls[id] = undefined;
    this.#size--;
    return call;
  }

  /** Removes all calls, and yields those that still have a caller. */
  *drain(): Iterable<Call> {
    for (let id = 0; id < CONTROL_RING_SIZE; id++) {
      const call = this.take(id);
      if (call && !call.abandoned) yield call;
    }
  }
}
