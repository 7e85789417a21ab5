import { CtrlIfError } from '../errors.ts';
import type { AnyMessage } from './codec.ts';
import type { Received } from './received.ts';

export type AnyHandler = (message: AnyMessage, request: Received) => unknown;

/** The receivers of a link: one for a whole type, or one for each message of the type, never two for one message (PROTOCOL.md 1.5). */
export class Receivers {
  /**
   * By type: the receiver of the type, or the receivers of its messages by subtype. It is read for every message. It ends at the
   * highest type with a receiver, because a controller has such a table for each guest.
   */
  readonly #byType: (AnyHandler | (AnyHandler | undefined)[] | undefined)[] = [];
  /** By type and subtype. It is read for messages without another receiver. */
  #defaults: Map<number, AnyHandler> | undefined;

  /** Adds a receiver for all messages of `type`, also those without a definition. Returns the function that removes it. */
  addForType(type: number, handler: AnyHandler): () => void {
    if (!Number.isInteger(type) || type < 0 || type > 255) {
      throw new CtrlIfError('ERR_CTRL_IF_VALUE', `${type} is not a message type; it must be an integer from 0 to 255`, {
        field: 'type',
        expected: 'integer 0..255',
        received: type,
      });
    }
    const taken = this.#byType[type];
    if (typeof taken === 'function' || taken?.some((handler) => handler !== undefined)) throw exists(`type ${type}`);
    set(this.#byType, type, handler);
    return () => {
      if (this.#byType[type] === handler) this.#byType[type] = undefined;
    };
  }

  addForMessage(name: string, type: number, subtype: number, handler: AnyHandler): () => void {
    const found = this.#byType[type];
    if (typeof found === 'function' || found?.[subtype]) throw exists(`${name} (type ${type})`);
    const bySubtype = found ?? [];
    set(bySubtype, subtype, handler);
    set(this.#byType, type, bySubtype);
    return () => {
      if (bySubtype[subtype] === handler) bySubtype[subtype] = undefined;
    };
  }

  /** Sets the receiver of a message that has no other receiver. */
  setDefault(type: number, subtype: number, handler: AnyHandler): void {
    this.#defaults ??= new Map();
    this.#defaults.set((type << 8) | subtype, handler);
  }

  find(type: number, subtype: number): AnyHandler | undefined {
    // A read beyond the end of an array is slow.
    const found = type < this.#byType.length ? this.#byType[type] : undefined;
    if (typeof found === 'function') return found;
    const handler = found !== undefined && subtype < found.length ? found[subtype] : undefined;
    return handler ?? this.#defaults?.get((type << 8) | subtype);
  }
}

/** Sets an item without making holes, which are slow too. */
function set<T>(array: (T | undefined)[], index: number, value: T): void {
  while (array.length < index) array.push(undefined);
  array[index] = value;
}

function exists(subject: string): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_RECEIVER_EXISTS',
    `${subject} has a receiver already, and a message goes to one receiver only`,
    { advice: 'remove the other first (receive returns the function that does)', subject },
  );
}
