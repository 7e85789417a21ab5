import { CONTROL_RING_SIZE } from '../wire/constants.ts';
import type { Call } from './call.ts';

/**
 * Who waits for which id: as many entries as the ring has slots, the lowest free one handed out, as in the original
 * (PROTOCOL.md 1.5). An id is freed exactly once, by the response that carries it, and never before: that a late
 * response could complete another's request is what this prevents (H3, H4, H5).
 */
export class CallTable {
  readonly #calls: (Call | undefined)[] = new Array(CONTROL_RING_SIZE).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The id for this call, or -1 when all are taken. */
  add(call: Call): number {
    if (this.#size === CONTROL_RING_SIZE) return -1;
    const id = this.#calls.indexOf(undefined);
    this.#calls[id] = call;
    this.#size++;
    return id;
  }

  /** The call that waits for `id`, which is free from now on; `undefined` when no request with that id is in flight. */
  take(id: number): Call | undefined {
    const call = this.#calls[id];
    if (!call) return undefined;
    this.#calls[id] = undefined;
    this.#size--;
    return call;
  }

  *drain(): Iterable<Call> {
    for (let id = 0; id < CONTROL_RING_SIZE; id++) {
      const call = this.take(id);
      if (call && !call.abandoned) yield call;
    }
  }
}
