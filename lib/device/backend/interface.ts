import { CtrlIfError } from '../../errors.ts';
import type { Channel, MappedFrame, PendingRequest, SharedFrame } from '../context.ts';
import type { InterfaceId } from '../wire.ts';
import type { BackendState } from './table.ts';

/** The pages and the port of a connected interface, with the number of their users. */
export class BackendConnection {
  readonly frames: readonly SharedFrame[];
  channel: Channel | undefined;
  readonly #mapped: readonly MappedFrame[];
  readonly #onUnused: () => void;
  #users = 1;

  /** Counts as the first user itself. `onUnused` is called when no user is left. */
  constructor(mapped: readonly MappedFrame[], onUnused: () => void) {
    this.#mapped = mapped;
    this.frames = mapped;
    this.#onUnused = onUnused;
  }

  hold(): () => void {
    this.#users++;
    let isHeld = true;
    return () => {
      if (isHeld) this.release();
      isHeld = false;
    };
  }

  release(): void {
    if (--this.#users === 0) this.#onUnused();
  }

  end(): void {
    this.channel?.close();
    for (const frame of this.#mapped) frame.unmap();
  }
}

/** A backend's end of one interface. */
export class BackendInterface implements InterfaceId {
  /** The domid of the frontend. */
  readonly domid: number;
  /** The number of the interface at its frontend, u32. A class without handles has one interface, 0. */
  readonly handle: number;
  /** @internal */
  machine: { readonly state: BackendState } | undefined;
  /** @internal */
  connection: BackendConnection | undefined;
  /** @internal DISCONNECTs that are answered when the pages are unused. */
  readonly kept: PendingRequest[] = [];

  /** An interface in state ABSENT. */
  constructor({ domid, handle }: InterfaceId) {
    this.domid = domid;
    this.handle = handle;
  }

  /** The state in the backend's table: ABSENT, DISCONNECTED, CONNECTED or DISCONNECTING. */
  get state(): BackendState {
    return this.machine?.state ?? 'ABSENT';
  }

  /**
   * The frontend's pages, in the order of its CONNECT. The frontend may write anything to them at any time.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` unless they are mapped: from `onConnect` to the end of `onDisconnect` and of all holds
   */
  get frames(): readonly SharedFrame[] {
    return this.#connected.frames;
  }

  /** Notifies the frontend, which then reads its pages. Does nothing when the pages are gone. */
  notify(): void {
    this.connection?.channel?.notify();
  }

  /**
   * Keeps the pages mapped until the returned function is called. Call it once for each request in flight. The answer to DISCONNECT waits
   * for it, since after the answer the frontend frees its pages.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DEVICE_STATE` unless connected
   */
  hold(): () => void {
    return this.#connected.hold();
  }

  get #connected(): BackendConnection {
    if (this.connection) return this.connection;
    throw new CtrlIfError(
      'ERR_CTRL_IF_DEVICE_STATE',
      `interface ${this.handle} of domain ${this.domid} is ${this.state} and has no pages`,
      {
        advice: 'use them between onConnect and the end of onDisconnect',
        domid: this.domid,
        expected: 'CONNECTED',
        received: this.state,
      },
    );
  }
}
