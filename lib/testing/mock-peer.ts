import { CtrlIfError } from '../errors.ts';
import { type AnyMessage, untyped } from '../link/codec.ts';
import { SerialQueue } from '../link/serial-queue.ts';
import { seedCodec } from '../wire/codec.ts';
import type { Peer, PeerHandler } from '../device/context.ts';

const codec = untyped(seedCodec);

interface Call {
  resolve(response: AnyMessage): void;
  reject(error: unknown): void;
}

/**
 * One end of a link without rings, in one process. Messages are encoded and decoded. A message without a receiver, a receiver that fails and
 * a peer that is gone have the same results as over a page.
 */
export class MockPeer implements Peer {
  /** The errors of receivers. */
  readonly failures: unknown[] = [];
  readonly #handlers = new Map<string, PeerHandler>();
  readonly #calls = new Set<Call>();
  readonly #deferred: SerialQueue | undefined;
  #other: MockPeer | undefined;

  private constructor(deferred: SerialQueue | undefined) {
    this.#deferred = deferred;
  }

  /** Makes both ends of a link. The guest's end handles device messages one at a time (PROTOCOL.md 1.6). */
  static link(): { readonly guest: MockPeer; readonly controller: MockPeer } {
    const guest = new MockPeer(new SerialQueue());
    const controller = new MockPeer(undefined);
    guest.#other = controller;
    controller.#other = guest;
    return { guest, controller };
  }

  /**
   * Sends a message to the other end. Resolves with the response.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NOT_UNDERSTOOD` when it has no receiver there, `ERR_CTRL_IF_PEER_DIED` when one end has died
   */
  request(message: AnyMessage): Promise<AnyMessage> {
    return new Promise((resolve, reject) => {
      const request = roundTrip(message);
      const call = { resolve, reject };
      const other = this.#other;
      if (!other) {
        reject(died());
        return;
      }
      this.#calls.add(call);
      queueMicrotask(() => other.#take(request, this.#settling(call)));
    });
  }

  /**
   * Registers the receiver of one message. Returns a function that removes it.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when the message has a receiver
   */
  receive(name: string, handler: PeerHandler): () => void {
    if (this.receives(name)) {
      throw new CtrlIfError('ERR_CTRL_IF_RECEIVER_EXISTS', `${name} already has a receiver`, {
        advice: 'remove that one first (receive returns the function that does)',
        subject: name,
      });
    }
    this.#handlers.set(name, handler);
    return () => this.#handlers.delete(name);
  }

  /** Whether the message has a receiver at this end. */
  receives(name: string): boolean {
    return this.#handlers.has(name);
  }

  /** Ends the link, as if the process of this end had been killed. Pending requests of both ends reject. */
  die(): void {
    const other = this.#other;
    this.#other = undefined;
    if (!other) return;
    other.#other = undefined;
    for (const end of [this, other]) for (const { reject } of end.#calls) reject(died());
  }

  #settling(call: Call): Call {
    const once = (settle: () => void) => {
      if (this.#calls.delete(call)) settle();
    };
    return {
      resolve: (response) => once(() => call.resolve(response)),
      reject: (error) => once(() => call.reject(error)),
    };
  }

  #take(message: AnyMessage, call: Call): void {
    const handler = this.#handlers.get(message.name);
    const definition = codec.definition(message.name);
    if (!handler) call.reject(notUnderstood(message));
    else if (this.#deferred && definition.deferred) this.#deferred.run(() => this.#handle(handler, message, call));
    else void this.#handle(handler, message, call);
  }

  async #handle(handler: PeerHandler, message: AnyMessage, call: Call): Promise<void> {
    let isDeferred = false;
    const respond = (fields: object = {}) => call.resolve(roundTrip({ ...message, ...fields }));
    const request = {
      defer: () => {
        isDeferred = true;
      },
      respond,
      respondNotUnderstood: () => call.reject(notUnderstood(message)),
    };
    try {
      const fields = await handler(message, request);
      if (!isDeferred) respond(fields as object | undefined);
    } catch (error) {
      this.failures.push(error);
      const { response } = codec.definition(message.name);
      if (response.kind === 'status') respond({ [response.field]: response.error });
      else call.reject(notUnderstood(message));
    }
  }
}

const roundTrip = (message: AnyMessage): AnyMessage => codec.decode(codec.encode(message, 0, new Uint8Array(64)));

const notUnderstood = ({ name }: AnyMessage): CtrlIfError =>
  new CtrlIfError('ERR_CTRL_IF_NOT_UNDERSTOOD', `the peer did not understand ${name}`, {
    advice: 'register a receiver for it there',
    subject: name,
  });

const died = (): CtrlIfError =>
  new CtrlIfError('ERR_CTRL_IF_PEER_DIED', 'the mock peer is gone', { advice: 'link a new one to go on' });
