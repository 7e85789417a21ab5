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

  /** Allocates `count` frames and grants domain `backend` access to them. On an error it frees them all. */
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

  /** Whether it is bound to that port and the channel is still open. The controller may have opened another channel at the port. */
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

  /** Ends the backend's access, so that it cannot map the pages when they are used for something else, and frees them (PROTOCOL.md 5.3 H14). */
  end(): void {
    this.#channel?.close();
    for (const frame of this.frames) {
      this.#context.frames.endAccess(frame, this.backend);
      this.#context.frames.free(frame);
    }
  }
}

/** A frontend's end of one interface. */
export class FrontendInterface {
  /** The number that the controller gave the interface, u32. A class without handles has one interface, 0. */
  readonly handle: number;
  /** @internal */
  machine: { readonly state: FrontendState } | undefined;
  /** @internal */
  connection: FrontendConnection | undefined;
  /** @internal The last status that named the backend. */
  status: AnyMessage | undefined;

  /** An interface in state CLOSED. */
  constructor(handle: number) {
    this.handle = handle;
  }

  /** The state in the frontend's table, CLOSED at first. `FrontendState` explains each. */
  get state(): FrontendState {
    return this.machine?.state ?? 'CLOSED';
  }

  /** The domid of the backend in the last status that named it. */
  get backend(): number | undefined {
    return this.status?.domid as number | undefined;
  }

  /**
   * The pages that the backend shares, one for each frame field of the class's CONNECT. The backend may write anything to them at any
   * time. A reconnect replaces them.
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

  /** Notifies the backend, which then reads the pages. Does nothing unless connected. */
  notify(): void {
    if (this.state === 'CONNECTED') this.connection?.notify();
  }
}
