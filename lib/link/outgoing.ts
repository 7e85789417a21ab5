import type { Call } from './call.ts';
import type { AnyMessage } from './codec.ts';

/** A message on its way to the ring. */
export interface OutgoingMessage {
  message: AnyMessage;
  /** Its 64 bytes, once it had to wait. */
  encoded?: Uint8Array;
  /** Who awaits the response; without, it goes with id 0xFF. */
  call?: Call;
  /** Called when it has its slot. */
  sent?: () => void;
  /** Called when it never will, where there is no `call` to tell. */
  fail?: (error: unknown) => void;
}

/** Messages waiting for a slot or an id, in the order in which they were sent. */
export class Outgoing {
  // A set keeps insertion order and gives up a member from the middle, as an aborted request must.
  readonly #waiting = new Set<OutgoingMessage>();

  get size(): number {
    return this.#waiting.size;
  }

  add(outgoing: OutgoingMessage): void {
    this.#waiting.add(outgoing);
  }

  /** Takes out the message whose response `call` awaits, if it still waits here. */
  remove(call: Call): void {
    for (const outgoing of this.#waiting) {
      if (outgoing.call === call) {
        this.#waiting.delete(outgoing);
        return;
      }
    }
  }

  /** Gives each to `place`, oldest first, until one finds no place; returns how many did. */
  placeWaiting(place: (outgoing: OutgoingMessage) => boolean): number {
    if (this.#waiting.size === 0) return 0;
    let placed = 0;
    for (const outgoing of this.#waiting) {
      if (!place(outgoing)) break;
      this.#waiting.delete(outgoing);
      placed++;
    }
    return placed;
  }

  *drain(): Iterable<OutgoingMessage> {
    for (const outgoing of this.#waiting) {
      this.#waiting.delete(outgoing);
      yield outgoing;
    }
  }
}
