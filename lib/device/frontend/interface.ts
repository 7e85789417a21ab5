import { CtrlIfError } from '../../errors.ts';
import type { AnyMessage } from '../../link/codec.ts';
import type { Channel, FrontendContext, SharedFrame } from '../context.ts';
import type { FrontendState } from './table.ts';

/** The pages that an interface has granted to its backend, and the port to it. */
export class FrontendConnection {
  /** The frames' numbers, in the order of CONNECT. */
  readonly frames: readonly number[];
  readonly shared: readonly SharedFrame[];
  /** The domid that they are granted to. */
  readonly backend: number;
  readonly #context: FrontendContext;
  #channel: Channel | undefined;
  #port: number | undefined;

  /** Allocates that many frames and grants access to them to domain `backend`, or none. */
  constructor(context: FrontendContext, backend: number, count: number) {
    this.#context = context;
    this.backend = backend;
    const allocated: number[] = [];
    this.frames = allocated;
    try {
      while (allocated.length < count) {
        const frame = context.frames.allocate();
        allocated.push(frame);
        context.frames.grantAccess(frame, backend);
      }
      this.shared = allocated.map((frame) => context.frames.frame(frame));
    } catch (error) {
      this.end();
      throw error;
    }
  }

  get port(): number | undefined {
    return this.#port;
  }

  /** Whether it is bound at that port, and that is the same channel still: the controller may have opened another there. */
  isBoundTo(port: number): boolean {
    return port === this.#port && this.#channel?.isOpen === true;
  }

  bind(port: number, onNotify: () => void): void {
    this.#channel?.close();
    this.#channel = this.#context.channels.bind(port, onNotify);
    this.#port = port;
  }

  notify(): void {
    this.#channel?.notify();
  }

  /** The pages are free again: nobody may map them before they are anybody else's (PROTOCOL.md 5.3 H14). */
  end(): void {
    this.#channel?.close();
    for (const frame of this.frames) {
      this.#context.frames.endAccess(frame, this.backend);
      this.#context.frames.free(frame);
    }
  }
}

/** One device of a frontend driver. */
export class FrontendInterface {
  readonly handle: number;
  /** @internal */
  machine: { readonly state: FrontendState } | undefined;
  /** @internal */
  connection: FrontendConnection | undefined;
  /** @internal The last status that named the backend. */
  status: AnyMessage | undefined;

  constructor(handle: number) {
    this.handle = handle;
  }

  get state(): FrontendState {
    return this.machine?.state ?? 'CLOSED';
  }

  /** The backend's domain, as the controller named it last. */
  get backend(): number | undefined {
    return this.status?.domid as number | undefined;
  }

  /**
   * The pages shared with the backend, which may write anything to them at any time; as many as the class has.
   * They are others after each reconnect.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` unless connected
   */
  get frames(): readonly SharedFrame[] {
    if (this.connection && this.state === 'CONNECTED') return this.connection.shared;
    throw new CtrlIfError('ERR_CTRL_IF_DEVICE_STATE', `interface ${this.handle} is ${this.state} and shares no pages`, {
      advice: 'use them between the events connected and disconnected or closed',
      expected: 'CONNECTED',
      received: this.state,
    });
  }

  /** Tells the backend to look at the pages. Does nothing unless connected. */
  notify(): void {
    if (this.state === 'CONNECTED') this.connection?.notify();
  }
}
