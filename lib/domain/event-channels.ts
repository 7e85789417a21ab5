import { CtrlIfError } from '../errors.ts';
import type { OwnEvents } from '../event-channel/own-events.ts';
import { noEventChannels, type Peer, type PeerDirectory } from '../event-channel/peer-directory.ts';
import type { EventsAddress } from '../event-channel/peer-events.ts';
import { CONTROLLER_DOMID, checkDomid, checkPort, notBound, type PortState } from '../event-channel/registry.ts';
import { ENGINES } from '../page/engines.ts';
import type { EngineName } from '../page/page.ts';
import { CONTROL_PORT } from '../wire/page.ts';
import type { ChannelExchange } from './channel-exchange.ts';
import type { ControlSocket } from './control-socket.ts';

/** What an end without atomics, or without a doorbell of its own, says to who wants event channels. */
export function noChannels(engine: EngineName): never {
  const hasChannels = ENGINES.some(({ name, openEventPage }) => name === engine && openEventPage);
  if (!hasChannels) throw noEventChannels(engine);
  throw new CtrlIfError(
    'ERR_CTRL_IF_ENGINE',
    'event channels need a runtime whose event loop can poll a doorbell, and this one cannot',
    { advice: 'run it in Node', expected: 'Node', received: engine },
  );
}

/** Where the other end of a channel is. */
export interface ChannelPeer {
  readonly domid: number;
  readonly port: number;
  readonly address: EventsAddress;
}

/** A port as its domain sees it: what it stands for, and its two bits. */
export type PortStatus = PortState & { readonly pending: boolean; readonly masked: boolean };

/** What a domain asks of the controller, which keeps the books of all ports. */
export interface PortAuthority {
  allocate(remote: number): Promise<{ port: number }>;
  /** Resolves when both ends have been told ({@link EventChannels.bound}). */
  bind(remote: number, remotePort: number): Promise<{ port: number }>;
  close(port: number): Promise<void>;
  status(port: number): Promise<PortState>;
}

/**
 * One end of an event channel. After its close, each call throws `ERR_CTRL_IF_PORT_NOT_BOUND`, though its port may have
 * another use by then.
 */
export class EventChannel {
  readonly port: number;
  readonly #channels: EventChannels;

  /** @internal Ends are made by {@link EventChannels}. */
  constructor(channels: EventChannels, port: number) {
    this.#channels = channels;
    this.port = port;
  }

  /** The other end; undefined while there is none. */
  get remote(): { readonly domid: number; readonly port: number } | undefined {
    return this.#channels.remoteOf(this);
  }

  /**
   * Tells the other end that there is something to look at: one atomic, and a system call where it sleeps. Events that
   * nobody has looked at yet coalesce.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_NOT_BOUND` when there is no other end (any more), `_PEER_DIED` when its domain
   *   is gone
   */
  notify(): void {
    this.#channels.notify(this.port, this);
  }

  /** Calls `fired` for each event from now on, and for one that came before. Until then the port is masked. */
  onNotify(fired: () => void): void {
    this.#channels.listen(this, fired);
  }

  /** Events are kept, and told after {@link unmask}. */
  mask(): void {
    this.#channels.mask(this.port, this);
  }

  unmask(): void {
    this.#channels.unmask(this.port, this);
  }

  status(): Promise<PortStatus> {
    return this.#channels.status(this.port, this);
  }

  /** Frees the port; the other end is unbound then. */
  close(): Promise<void> {
    return this.#channels.close(this.port, this);
  }
}

interface End {
  channel: EventChannel;
  peer?: { domid: number; port: number; events: Peer } | undefined;
  /** Why there is no peer any more. */
  lost?: 'closed' | 'died';
}

/**
 * The event channels of one domain (PROTOCOL.md 1.7): ports that stand for "look at what we share", bound to a port of
 * another domain by the controller. Notifying goes from process to process and takes no turn of the controller's.
 */
export class EventChannels {
  readonly domid: number;
  readonly #own: OwnEvents;
  readonly #authority: PortAuthority;
  readonly #directory: PeerDirectory;
  readonly #ends = new Map<number, End>();
  #ended: CtrlIfError | undefined;

  /** @internal */
  constructor(domid: number, own: OwnEvents, authority: PortAuthority, directory: PeerDirectory) {
    this.domid = domid;
    this.#own = own;
    this.#authority = authority;
    this.#directory = directory;
  }

  /** A new port that domain `remote` may bind. */
  async alloc(remote: number): Promise<EventChannel> {
    checkDomid(remote);
    const { port } = await this.#authority.allocate(remote);
    return this.#ends.get(port)?.channel ?? this.#add(port);
  }

  /** A new port, bound to the port `remotePort` that domain `remote` has allocated for this one. */
  async bind(remote: number, remotePort: number): Promise<EventChannel> {
    checkDomid(remote);
    checkPort(remotePort);
    const { port } = await this.#authority.bind(remote, remotePort);
    return this.get(port);
  }

  /**
   * The channel at `port`, which this domain or the controller has opened.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_RANGE`, `_PORT_NOT_BOUND`
   */
  get(port: number): EventChannel {
    return this.#end(port).channel;
  }

  /** Frees the port, which tells the other end's domain that it is unbound. */
  async close(port: number, of?: EventChannel): Promise<void> {
    this.#end(port, of);
    this.forget(port);
    await this.#authority.close(port);
  }

  /** @internal The port is free again. */
  forget(port: number): void {
    const end = this.#ends.get(port);
    if (!end) return;
    this.#ends.delete(port);
    this.#own.unlisten(port);
    end.peer?.events.close();
  }

  /** As {@link EventChannel.notify}; `of`, here and below, is the end that must still have the port. */
  notify(port: number, of?: EventChannel): void {
    const { peer, lost } = this.#end(port, of);
    if (peer) {
      peer.events.notify(peer.port);
      return;
    }
    if (lost === 'died') {
      throw new CtrlIfError('ERR_CTRL_IF_PEER_DIED', `the domain at the other end of port ${port} is gone`, {
        advice: 'close the port',
        domid: this.domid,
        port,
      });
    }
    throw notBound(this.domid, port, lost ? 'was closed by its other end; close it too' : 'is not bound yet');
  }

  mask(port: number, of?: EventChannel): void {
    this.#end(port, of);
    this.#own.mask(port);
  }

  unmask(port: number, of?: EventChannel): void {
    this.#end(port, of);
    this.#own.unmask(port);
  }

  /** What the port stands for, by the controller's books, and its bits as they were a moment ago. */
  async status(port: number, of?: EventChannel): Promise<PortStatus> {
    checkPort(port);
    if (of) this.#end(port, of);
    const state = await this.#authority.status(port);
    if (this.#ended) throw this.#ended;
    return { ...state, ...this.#own.status(port) };
  }

  /** @internal */
  listen(channel: EventChannel, fired: () => void): void {
    this.#end(channel.port, channel);
    this.#own.listen(channel.port, fired);
  }

  /** @internal */
  remoteOf(channel: EventChannel): { domid: number; port: number } | undefined {
    const end = this.#ends.get(channel.port);
    return end?.channel === channel && end.peer ? { domid: end.peer.domid, port: end.peer.port } : undefined;
  }

  /** @internal The controller has bound `port` to `peer`. */
  bound(port: number, peer: ChannelPeer): void {
    const events = this.#directory.open(peer.address);
    const end = this.#ends.get(port);
    end?.peer?.events.close();
    const channel = end?.channel ?? this.#add(port);
    this.#ends.set(port, { channel, peer: { domid: peer.domid, port: peer.port, events } });
    this.#own.recheck(port);
  }

  /** @internal The other end of `port` is gone. */
  unbound(port: number, lost: 'closed' | 'died'): void {
    const end = this.#ends.get(port);
    if (!end) return;
    end.peer?.events.close();
    end.peer = undefined;
    end.lost = lost;
    this.#own.recheck(port);
  }

  /** @internal Whether `channel` is still the one at its port: the controller may have closed it and opened another. */
  has(channel: EventChannel): boolean {
    return this.#ends.get(channel.port)?.channel === channel;
  }

  /** @internal Answers what the controller tells a guest of its ports. */
  serve(controlSocket: ControlSocket<'guest'>): void {
    controlSocket.answer('port-bound', ({ port, peer }) => this.bound(port, peer));
    controlSocket.answer('port-closed', ({ port }) => this.forget(port));
    controlSocket.answer('port-unbound', ({ port, lost }) => this.unbound(port, lost));
  }

  /** @internal This domain is no more, for `reason`. */
  end(reason: CtrlIfError): void {
    this.#ended = reason;
    for (const { peer } of this.#ends.values()) peer?.events.close();
    this.#ends.clear();
  }

  #add(port: number): EventChannel {
    const channel = new EventChannel(this, port);
    // Nobody listens yet: what fires meanwhile is kept.
    this.#own.mask(port);
    this.#ends.set(port, { channel });
    return channel;
  }

  #end(port: number, of?: EventChannel): End {
    checkPort(port);
    if (this.#ended) throw this.#ended;
    const end = this.#ends.get(port);
    if (of && end?.channel !== of) throw notBound(this.domid, port, 'was closed; allocate or bind another');
    if (!end) throw notBound(this.domid, port, "is none of this domain's; allocate or bind one");
    return end;
  }
}

/** The controller's own channels, domain 0's, and the opening of those between any two domains. */
export class ControllerChannels extends EventChannels {
  readonly #exchange: ChannelExchange;

  /** @internal */
  constructor(own: OwnEvents, exchange: ChannelExchange, directory: PeerDirectory) {
    super(CONTROLLER_DOMID, own, exchange.authorityOf(CONTROLLER_DOMID), directory);
    this.#exchange = exchange;
  }

  /**
   * Opens a channel between two domains, 0 being the controller itself; resolves with the two ports when both can
   * notify. Each domain finds its end by `channels.get(port)`.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN`, `_PORT_NONE_FREE`, or why one of the two could not reach the other
   */
  connect(a: number, b: number): Promise<readonly [portA: number, portB: number]> {
    return this.#exchange.connect(a, b);
  }

  /** Closes the end that any domain has; the other is unbound then. */
  disconnect(domid: number, port: number): void {
    const state = this.#exchange.status(domid, port);
    if (state.state === 'interdomain' && state.remotePort === CONTROL_PORT) {
      throw notBound(domid, port, "is a control interface's; close its domain instead");
    }
    this.#exchange.revoke(domid, port);
  }
}
