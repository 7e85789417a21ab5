import { CtrlIfError } from '../../errors.ts';
import type { Channel, MappedFrame, PendingRequest, SharedFrame } from '../context.ts';
import type { InterfaceId } from '../wire.ts';
import type { BackendState } from './table.ts';

/** The pages and the port of a connected interface, and how many still use them. */
export class BackendConnection {
  readonly frames: readonly SharedFrame[];
  channel: Channel | undefined;
  readonly #mapped: readonly MappedFrame[];
  readonly #onUnused: () => void;
  #users = 1;

  /** `onUnused` is told when the connection itself and all who held it have let go. */
  constructor(mapped: readonly MappedFrame[], onUnused: () => void) {
    this.#mapped = mapped;
    this.frames = mapped;
    this.#onUnused = onUnused;
  }

  hold(): () => void {
    this.#users++;
    let isHeld = true;
    return () => {
      if (isHeld) this.letGo();
      isHeld = false;
    };
  }

  letGo(): void {
    if (--this.#users === 0) this.#onUnused();
  }

  end(): void {
    this.channel?.close();
    for (const frame of this.#mapped) frame.unmap();
  }
}

/** One frontend's device at a backend. */
export class BackendInterface implements InterfaceId {
  /** The frontend's domain. */
  readonly domid: number;
  readonly handle: number;
  /** @internal */
  machine: { readonly state: BackendState } | undefined;
  /** @internal */
  connection: BackendConnection | undefined;
  /** @internal DISCONNECTs that wait until the pages are free. */
  readonly kept: PendingRequest[] = [];

  constructor({ domid, handle }: InterfaceId) {
    this.domid = domid;
    this.handle = handle;
  }

  get state(): BackendState {
    return this.machine?.state ?? 'ABSENT';
  }

  /** The frontend's pages, in the order of its CONNECT; shared with it, which may lie. Throws unless they are mapped. */
  get frames(): readonly SharedFrame[] {
    return this.#connected.frames;
  }

  /** Tells the frontend to look at its pages. Does nothing when they are gone. */
  notify(): void {
    this.connection?.channel?.notify();
  }

  /**
   * Keeps the pages mapped until the returned function is called: once for each request in flight. The answer to DISCONNECT
   * waits for it, since it tells the frontend that its pages are free again.
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
