/**
 * The interfaces through which drivers send messages, share frames and notify. The domains, memory and ports of `lib/domain` implement
 * them. Those of `lib/testing` do so within one process.
 */

/** A request that its receiver may answer later. A `Received` is one. */
export interface PendingRequest {
  /** The handler's result is not the answer: `respond` will be called later. The next message is handled meanwhile. */
  defer(): void;
  /** Answers with these fields. Fields that are not given keep the request's values. */
  respond(fields?: object): void;
  /** Answers with `length` 0, which means "not understood". */
  respondNotUnderstood(): void;
}

/** Handles one message. Its result, or that of its promise, has the fields of the response. */
// biome-ignore lint/suspicious/noExplicitAny: each receiver knows the message that it asked for by name
export type PeerHandler = (message: any, request: PendingRequest) => unknown;

/** One end of a link: a `Guest` for frontends and backends, a `Domain` for the controller. */
export interface Peer {
  /**
   * Resolves with the response.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_NOT_UNDERSTOOD` when the peer does not know the message, and as `Endpoint.request` when the peer is gone
   */
  // biome-ignore lint/suspicious/noExplicitAny: as above; `Endpoint` has the types
  request(message: any): Promise<any>;
  /**
   * Registers the receiver of one message, by its name. Returns a function that removes it.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when the message has a receiver
   */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  receive(name: any, handler: PeerHandler): () => void;
}

/** The 4,096 bytes of a frame. The peer may write them at any time. Offsets are in bytes from the start of the frame. */
export interface SharedFrame {
  /** The frame's number in its owner's memory. */
  readonly frame: number;
  /** Reads the u32 at a multiple of 4. */
  load32(offset: number): number;
  /** Writes the u32 at a multiple of 4. */
  store32(offset: number, value: number): void;
  /** Fills `target` with the bytes from `offset` on. */
  read(offset: number, target: Uint8Array): void;
  /** Writes `source` from `offset` on. */
  write(offset: number, source: Uint8Array): void;
}

/** The frames of this domain. It may grant other domains access to them. */
export interface FrameOwner {
  /** Returns the number of a zeroed frame. @throws CtrlIfError when no frame is free */
  allocate(): number;
  /** Frees a frame that no domain has access to. */
  free(frame: number): void;
  /** The bytes of an allocated frame. */
  frame(frame: number): SharedFrame;
  /** From now on domain `domid` may map the frame. */
  grantAccess(frame: number, domid: number): void;
  /** From now on domain `domid` may not map the frame. */
  endAccess(frame: number, domid: number): void;
}

/** A frame of another domain, mapped into this process. */
export interface MappedFrame extends SharedFrame {
  /** Ends the mapping. Its bytes must not be used afterwards. */
  unmap(): void;
}

/** Maps the frames of other domains. */
export interface FrameMapper {
  /**
   * Maps a frame of domain `domid`.
   *
   * @throws CtrlIfError when the frame is out of range or not granted, and when memory runs out (its `errno` is that of `ENOMEM` or `ENOSPC`)
   */
  map(domid: number, frame: number): MappedFrame | Promise<MappedFrame>;
}

/** A bound port: one end of an event channel. */
export interface Channel {
  /** False after the controller has closed the channel, even when it has opened another one at the same port. */
  readonly isOpen: boolean;
  /** Notifies the other end. Does nothing when that end is gone. */
  notify(): void;
  /** Stops listening. The controller closes the channel itself. */
  close(): void;
}

/** The event channels of this domain. The controller allocates their ports. */
export interface EventChannels {
  /**
   * Binds a port, 1 to 4095. `onNotify` is called once for all notifications since its last call.
   *
   * @throws CtrlIfError when the controller has not allocated the port to this domain
   */
  bind(port: number, onNotify: () => void): Channel;
}

/** Both ports of one event channel, 1 to 4095 each. */
export interface ChannelPair {
  /** The port in the first domain of {@link ChannelAllocator.bind}. */
  readonly portA: number;
  /** The port in the second domain. */
  readonly portB: number;
}

/** The controller's event channels between two domains. */
export interface ChannelAllocator {
  /** Opens a channel between two domains. */
  bind(domA: number, domB: number): Promise<ChannelPair>;
  /** Closes both ports. */
  close(pair: ChannelPair): void | Promise<void>;
}

/** A frontend uses its domain through this. `frontendContext(guest)` makes one. */
export interface FrontendContext {
  /** The link to the controller. */
  readonly peer: Peer;
  /** The guest's frames, for the pages that it shares. */
  readonly frames: FrameOwner;
  /** The guest's event channels. */
  readonly channels: EventChannels;
}

/** A backend uses its domain through this. `backendContext(guest)` makes one. */
export interface BackendContext {
  /** The link to the controller. */
  readonly peer: Peer;
  /** Maps the frontends' frames. */
  readonly frames: FrameMapper;
  /** The driver domain's event channels. */
  readonly channels: EventChannels;
}
