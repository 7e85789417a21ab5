/**
 * All that devices know of the world, as small interfaces: messages, frames and event channels. Real domains, memory and
 * ports fit them, and so do the ones of `mock/`, in one process.
 */

/** The right to answer a request later; a `Received` is one. */
export interface PendingRequest {
  /** The handler's return is not the answer: `respond` will be called, and the next message goes on. */
  defer(): void;
  respond(fields?: object): void;
  /** Answers with `length` 0, "not understood". */
  respondNotUnderstood(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: each receiver knows the message that it asked for by name
export type PeerHandler = (message: any, request: PendingRequest) => unknown;

/** One end of a link: a `Guest` for frontends and backends, a `Domain` for the controller. */
export interface Peer {
  /** Resolves with the response; rejects when it was not understood, or when the peer is gone. */
  // biome-ignore lint/suspicious/noExplicitAny: as above; `Endpoint` has the types
  request(message: any): Promise<any>;
  /** What the handler returns is the response. Returns the function that takes the receiver back. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  receive(name: any, handler: PeerHandler): () => void;
}

/** A frame's 4,096 bytes, which the domain at its other end may write at any time. Offsets are from its start. */
export interface SharedFrame {
  /** Its number in its owner's memory. */
  readonly frame: number;
  load32(offset: number): number;
  store32(offset: number, value: number): void;
  read(offset: number, target: Uint8Array): void;
  write(offset: number, source: Uint8Array): void;
}

/** The frames of this domain, which it may grant to others. */
export interface FrameOwner {
  /** A zeroed frame's number. */
  allocate(): number;
  free(frame: number): void;
  frame(frame: number): SharedFrame;
  /** From now on `domid` may map the frame. */
  grantAccess(frame: number, domid: number): void;
  endAccess(frame: number, domid: number): void;
}

/** A foreign frame in this process. */
export interface MappedFrame extends SharedFrame {
  unmap(): void;
}

/** The way to other domains' frames. */
export interface FrameMapper {
  /** @throws CtrlIfError for a frame that is out of range or not granted, and where memory runs out (errno `ENOMEM`'s or `ENOSPC`'s) */
  map(domid: number, frame: number): MappedFrame | Promise<MappedFrame>;
}

/** One end of an event channel, bound. */
export interface Channel {
  /** False once the controller has closed it, also where it has opened another one at the same port. */
  readonly isOpen: boolean;
  notify(): void;
  close(): void;
}

/** The event channels of this domain: the controller has allocated the port. */
export interface EventChannels {
  bind(port: number, onNotify: () => void): Channel;
}

/** Both ports of one event channel, as the controller allocates them. */
export interface ChannelPair {
  readonly portA: number;
  readonly portB: number;
}

/** The controller's hand on event channels: it makes them between two domains, and ends them. */
export interface ChannelAllocator {
  bind(domA: number, domB: number): Promise<ChannelPair>;
  close(pair: ChannelPair): void | Promise<void>;
}

/** What a frontend's domain gives it. */
export interface FrontendContext {
  readonly peer: Peer;
  readonly frames: FrameOwner;
  readonly channels: EventChannels;
}

/** What a backend's domain gives it. */
export interface BackendContext {
  readonly peer: Peer;
  readonly frames: FrameMapper;
  readonly channels: EventChannels;
}
