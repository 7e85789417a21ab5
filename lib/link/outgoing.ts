import type { Call } from './call.ts';
import type { AnyMessage } from './codec.ts';

/** A message that is to be put into the ring. */
export interface OutgoingMessage {
  message: AnyMessage;
  /** Its 64 bytes, for a message that waits. */
  encoded?: Uint8Array;
  /** The call that awaits the response. A message without one has id 0xFF. */
  call?: Call;
  /** Called when the message has its slot. */
  sent?: () => void;
  /** Called when the link ends before the message has a slot and the message has no `call`. */
  fail?: (error: unknown) => void;
}

/** Messages that wait for a slot or an id, in the order in which they were sent. */
export class Outgoing {
  // A set keeps the order of insertion, and an aborted request can leave from the middle.
  readonly #waiting = new Set<OutgoingMessage>();

  get size(): number {
    return this.#waiting.size;
  }

  add(outgoing: OutgoingMessage): void {
    this.#waiting.add(outgoing);
  }

  /** Removes the message of `call`, if it still waits. */
  remove(call: Call): void {
    for (const outgoing of this.#waiting) {
      if (outgoing.call === call) {
        this.#waiting.delete(outgoing);
        return;
      }
    }
  }

  /** Calls `place` for the waiting messages, oldest first, until it returns false. Returns how many were placed. */
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

  /** Removes and yields all waiting messages. */
  *drain(): Iterable<OutgoingMessage> {
    for (const outgoing of this.#waiting) {
      this.#waiting.delete(outgoing);
      yield outgoing;
    }
  }
}
