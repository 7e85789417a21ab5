import { CtrlIfError } from '../errors.ts';
import type { AnyMessage } from './codec.ts';
import type { Received } from './received.ts';

export type AnyHandler = (message: AnyMessage, request: Received) => unknown;

/** One receiver for each type, or one for each message of it: never two for the same message (PROTOCOL.md 1.5). */
export class Receivers {
  readonly #byType = new Map<number, AnyHandler>();
  readonly #byMessage = new Map<number, AnyHandler>();

  /** For all messages of `type`, those without a definition included. Returns the function that takes it back. */
  addForType(type: number, handler: AnyHandler): () => void {
    if (!Number.isInteger(type) || type < 0 || type > 255) {
      throw new CtrlIfError('ERR_CTRL_IF_VALUE', `${type} is not a message type; it must be an integer from 0 to 255`, {
        field: 'type',
        expected: 'integer 0..255',
        received: type,
      });
    }
    const taken = this.#byType.has(type) || [...this.#byMessage.keys()].some((key) => key >> 8 === type);
    if (taken) throw exists(`type ${type}`);
    this.#byType.set(type, handler);
    return () => {
      if (this.#byType.get(type) === handler) this.#byType.delete(type);
    };
  }

  addForMessage(name: string, type: number, subtype: number, handler: AnyHandler): () => void {
    const key = (type << 8) | subtype;
    if (this.#byMessage.has(key) || this.#byType.has(type)) throw exists(`${name} (type ${type})`);
    this.#byMessage.set(key, handler);
    return () => {
      if (this.#byMessage.get(key) === handler) this.#byMessage.delete(key);
    };
  }

  find(type: number, subtype: number): AnyHandler | undefined {
    return this.#byMessage.get((type << 8) | subtype) ?? this.#byType.get(type);
  }
}

function exists(what: string): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_RECEIVER_EXISTS',
    `${what} has a receiver already, and a message goes to one receiver only; take the other back first (receive returns the function that does)`,
    { subject: what },
  );
}
