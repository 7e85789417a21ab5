import { CtrlIfError } from '../errors.ts';
import type { AnyMessage } from './codec.ts';
import type { Received } from './received.ts';

export type AnyHandler = (message: AnyMessage, request: Received) => unknown;

/** One receiver for each type, or one for each message of it: never two for the same message (PROTOCOL.md 1.5). */
export class Receivers {
  /**
   * For each type, its receiver or those of its messages by subtype: read for every message that comes. No longer
   * than the highest type that has one, since a controller has such a table for each guest.
   */
  readonly #byType: (AnyHandler | (AnyHandler | undefined)[] | undefined)[] = [];
  /** By type and subtype; read for messages without another receiver. */
  #defaults: Map<number, AnyHandler> | undefined;

  /** For all messages of `type`, those without a definition included. Returns the function that takes it back. */
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

  /** For a message as long as it has no other receiver. */
  setDefault(type: number, subtype: number, handler: AnyHandler): void {
    this.#defaults ??= new Map();
    this.#defaults.set((type << 8) | subtype, handler);
  }

  find(type: number, subtype: number): AnyHandler | undefined {
    // Reading beyond an array's end is slow.
    const found = type < this.#byType.length ? this.#byType[type] : undefined;
    if (typeof found === 'function') return found;
    const handler = found !== undefined && subtype < found.length ? found[subtype] : undefined;
    return handler ?? this.#defaults?.get((type << 8) | subtype);
  }
}

/** Without holes, which are as slow. */
function set<T>(array: (T | undefined)[], index: number, value: T): void {
  while (array.length < index) array.push(undefined);
  array[index] = value;
}

function exists(subject: string): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_RECEIVER_EXISTS',
    `${subject} has a receiver already, and a message goes to one receiver only`,
    { advice: 'take the other back first (receive returns the function that does)', subject },
  );
}
