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

/** Throws the error for event channels on an engine without atomics, or in a runtime without doorbells. */
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

/** The state of a port, and its pending and mask bits. */
export type PortStatus = PortState & { readonly pending: boolean; readonly masked: boolean };

/** The operations of a domain on the controller's registry of ports. */
export interface PortAuthority {
  allocate(remote: number): Promise<{ port: number }>;
  /** Resolves when both ends are bound ({@link EventChannels.bound}). */
  bind(remote: number, remotePort: number): Promise<{ port: number }>;
  close(port: number): Promise<void>;
  status(port: number): Promise<PortState>;
}

/**
 * One end of an event channel (PROTOCOL.md 1.7). After its close every method throws `ERR_CTRL_IF_PORT_NOT_BOUND`, also when the port has
 * been allocated again. After the end of the link every method throws the error that ended it.
 */
export class EventChannel {
  /** The port in this domain, 1 to 4095. */
  readonly port: number;
  readonly #channels: EventChannels;

  /** @internal Ends are made by {@link EventChannels}. */
  constructor(channels: EventChannels, port: number) {
    this.#channels = channels;
    this.port = port;
  }

  /** The domid and port of the other end; undefined while the port is not bound. */
  get remote(): { readonly domid: number; readonly port: number } | undefined {
    return this.#channels.remoteOf(this);
  }

  /**
   * Sets the pending bit of the other end, and rings its doorbell when its domain sleeps. It costs one atomic operation, and a system call
   * for the doorbell. Events that come before the other end has taken the first one coalesce.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_NOT_BOUND` when the other end is not bound yet or was closed, `_PEER_DIED` when its domain is gone
   */
  notify(): void {
    this.#channels.notify(this.port, this);
  }

  /**
   * Unmasks the port and calls `fired` for each event, also for one that is pending. The port is masked until this call.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_NOT_BOUND` when the channel is closed
   */
  onNotify(fired: () => void): void {
    this.#channels.listen(this, fired);
  }

  /**
   * Holds events back until {@link unmask}. The pending bit keeps one event.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_NOT_BOUND` when the channel is closed
   */
  mask(): void {
    this.#channels.mask(this.port, this);
  }

  /**
   * Lets events pass again, and the one that is pending.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_NOT_BOUND` when the channel is closed
   */
  unmask(): void {
    this.#channels.unmask(this.port, this);
  }

  /**
   * Resolves with the state of the port by the controller's registry, and its two bits.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_NOT_BOUND` when the channel is closed
   */
  status(): Promise<PortStatus> {
    return this.#channels.status(this.port, this);
  }

  /**
   * Frees the port. The other end is unbound afterwards.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_NOT_BOUND` when the channel is closed
   */
  close(): Promise<void> {
    return this.#channels.close(this.port, this);
  }
}

interface End {
  channel: EventChannel;
  peer?: { domid: number; port: number; events: Peer } | undefined;
  /** How the peer has ended. */
  lost?: 'closed' | 'died';
}

/**
 * The event channels of one domain (PROTOCOL.md 1.7). The controller binds a port of this domain to a port of another domain. A notification
 * goes from process to process, without the controller.
 */
export class EventChannels {
  /** The domid of the domain that owns the ports. */
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

  /**
   * Allocates a port that domain `remote` may bind.
   *
   * @param remote a domid, 0 to 65535
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` when `remote` is no connected domain, `_PORT_NONE_FREE`, or the error that ended the link
   */
  async alloc(remote: number): Promise<EventChannel> {
    checkDomid(remote);
    const { port } = await this.#authority.allocate(remote);
    return this.#ends.get(port)?.channel ?? this.#add(port);
  }

  /**
   * Allocates a port and binds it to the port `remotePort`, which domain `remote` has allocated for this domain.
   *
   * @param remote a domid, 0 to 65535
   * @param remotePort a port, 1 to 4095
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` when `remote` is no connected domain, `_PORT_RANGE`, `_PORT_NOT_BOUND`, `_PORT_OWNER`,
   *   `_PORT_NONE_FREE`, or the error that ended the link
   */
  async bind(remote: number, remotePort: number): Promise<EventChannel> {
    checkDomid(remote);
    checkPort(remotePort);
    const { port } = await this.#authority.bind(remote, remotePort);
    return this.get(port);
  }

  /**
   * The channel at `port`, which this domain or the controller has opened.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_RANGE` when `port` is none, `_PORT_NOT_BOUND` when it is not open
   */
  get(port: number): EventChannel {
    return this.#end(port).channel;
  }

  /**
   * Frees the port. The other end is unbound afterwards.
   *
   * @param channel the channel that must still have the port, here and below
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_RANGE`, `_PORT_NOT_BOUND`
   */
  async close(port: number, channel?: EventChannel): Promise<void> {
    this.#end(port, channel);
    this.discard(port);
    await this.#authority.close(port);
  }

  /** @internal Removes the channel of a port that is free again. */
  discard(port: number): void {
    const end = this.#ends.get(port);
    if (!end) return;
    this.#ends.delete(port);
    this.#own.unlisten(port);
    end.peer?.events.close();
  }

  /**
   * As {@link EventChannel.notify}.
   *
   * @throws CtrlIfError as there, and `ERR_CTRL_IF_PORT_RANGE` when `port` is none
   */
  notify(port: number, channel?: EventChannel): void {
    const { peer, lost } = this.#end(port, channel);
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

  /**
   * As {@link EventChannel.mask}.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_RANGE`, `_PORT_NOT_BOUND`
   */
  mask(port: number, channel?: EventChannel): void {
    this.#end(port, channel);
    this.#own.mask(port);
  }

  /**
   * As {@link EventChannel.unmask}.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_RANGE`, `_PORT_NOT_BOUND`
   */
  unmask(port: number, channel?: EventChannel): void {
    this.#end(port, channel);
    this.#own.unmask(port);
  }

  /**
   * The state of any port of this domain, free ones included, by the controller's registry, and its two bits.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_RANGE` when `port` is none, or the error that ended the link
   */
  async status(port: number, channel?: EventChannel): Promise<PortStatus> {
    checkPort(port);
    if (channel) this.#end(port, channel);
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

  /** @internal Answers the controller's reports about the ports of a guest. */
  serve(controlSocket: ControlSocket<'guest'>): void {
    controlSocket.answer('port-bound', ({ port, peer }) => this.bound(port, peer));
    controlSocket.answer('port-closed', ({ port }) => this.discard(port));
    controlSocket.answer('port-unbound', ({ port, lost }) => this.unbound(port, lost));
  }

  /** @internal The link of this domain has ended with `reason`. */
  end(reason: CtrlIfError): void {
    this.#ended = reason;
    for (const { peer } of this.#ends.values()) peer?.events.close();
    this.#ends.clear();
  }

  #add(port: number): EventChannel {
    const channel = new EventChannel(this, port);
    // The port has no listener yet, so the mask holds its events back.
    this.#own.mask(port);
    this.#ends.set(port, { channel });
    return channel;
  }

  #end(port: number, channel?: EventChannel): End {
    checkPort(port);
    if (this.#ended) throw this.#ended;
    const end = this.#ends.get(port);
    if (channel && end?.channel !== channel) throw notBound(this.domid, port, 'was closed; allocate or bind another');
    if (!end) throw notBound(this.domid, port, "is none of this domain's; allocate or bind one");
    return end;
  }
}

/** The event channels of domain 0. The controller can also open and close channels between other domains. */
export class ControllerChannels extends EventChannels {
  readonly #exchange: ChannelExchange;

  /** @internal */
  constructor(own: OwnEvents, exchange: ChannelExchange, directory: PeerDirectory) {
    super(CONTROLLER_DOMID, own, exchange.authorityOf(CONTROLLER_DOMID), directory);
    this.#exchange = exchange;
  }

  /**
   * Opens a channel between the domains `a` and `b`; domain 0 is the controller itself. Resolves with the two ports when both domains can
   * notify. Each domain gets its end by `channels.get(port)`.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN`, `_PORT_NONE_FREE`, or the error of the domain that cannot reach the other
   */
  connect(a: number, b: number): Promise<readonly [portA: number, portB: number]> {
    return this.#exchange.connect(a, b);
  }

  /**
   * Closes the port of any domain. The other end is unbound afterwards.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_DOMAIN`, `_PORT_RANGE`, `_PORT_NOT_BOUND`
   */
  disconnect(domid: number, port: number): void {
    const state = this.#exchange.status(domid, port);
    if (state.state === 'interdomain' && state.remotePort === CONTROL_PORT) {
      throw notBound(domid, port, "is a control interface's; close its domain instead");
    }
    this.#exchange.revoke(domid, port);
  }
}
