import type { EventsAddress } from '../event-channel/peer-events.ts';
import { type PortEnd, PortRegistry, type PortState } from '../event-channel/registry.ts';
import type { ControlSocket } from './control-socket.ts';
import type { ChannelPeer, PortAuthority } from './event-channels.ts';

/** A domain that has ports, as the controller reaches it. */
export interface ExchangeMember {
  readonly address: EventsAddress;
  /** Tells it that its port is bound; resolves when it can notify. */
  bound(port: number, peer: ChannelPeer): Promise<void>;
  /** Tells it that its port is free, which it has not asked for. */
  closed(port: number): void;
  /** Tells it that the other end of its port is gone. */
  unbound(port: number, lost: 'closed' | 'died'): void;
}

/** The controller's books of all event channels, and the telling of both ends. Events themselves never pass here. */
export class ChannelExchange {
  readonly #registry = new PortRegistry();
  readonly #members = new Map<number, ExchangeMember>();

  join(domid: number, member: ExchangeMember): void {
    this.#registry.addDomain(domid);
    this.#members.set(domid, member);
  }

  /** The domain is gone: whoever had a channel to it is told. */
  leave(domid: number, how: 'closed' | 'died'): void {
    if (!this.#members.delete(domid)) return;
    for (const end of this.#registry.removeDomain(domid)) this.#unbound(end, how);
  }

  /** A port of the controller's for the control interface of `domid`; given back by {@link close} with domid 0. */
  allocateControl(domid: number): number {
    return this.#registry.allocateControl(domid);
  }

  has(domid: number): boolean {
    return this.#members.has(domid);
  }

  /**
   * Opens a channel between two domains, as a controller does before it tells them of it in its messages. Resolves when
   * both can notify.
   */
  async connect(a: number, b: number): Promise<readonly [portA: number, portB: number]> {
    const portA = this.#registry.allocate(a, b);
    try {
      return [portA, await this.#bind(b, a, portA)];
    } catch (error) {
      this.#revokeIfOpen(a, portA);
      throw error;
    }
  }

  close(domid: number, port: number): void {
    const other = this.#registry.close(domid, port);
    if (other) this.#unbound(other, 'closed');
  }

  /** Closes a port that its domain has not asked to close. */
  revoke(domid: number, port: number): void {
    this.close(domid, port);
    this.#members.get(domid)!.closed(port);
  }

  status(domid: number, port: number): PortState {
    return this.#registry.status(domid, port);
  }

  /** What `domid` may ask for its own ports. */
  authorityOf(domid: number): PortAuthority {
    return {
      allocate: async (remote) => ({ port: this.#registry.allocate(domid, remote) }),
      bind: async (remote, remotePort) => ({ port: await this.#bind(domid, remote, remotePort) }),
      close: async (port) => this.close(domid, port),
      status: async (port) => this.status(domid, port),
    };
  }

  /** Answers what `domid` asks over its socket. */
  serve(domid: number, controlSocket: ControlSocket<'controller'>): void {
    const authority = this.authorityOf(domid);
    controlSocket.answer('port-alloc', ({ remote }) => authority.allocate(remote));
    controlSocket.answer('port-bind', ({ remote, port }) => authority.bind(remote, port));
    controlSocket.answer('port-close', ({ port }) => authority.close(port));
    controlSocket.answer('port-status', ({ port }) => authority.status(port));
  }

  /** Both ends are told alike, each in the order of what else it is told: of the other's close, for one. */
  async #bind(domid: number, remote: number, remotePort: number): Promise<number> {
    const port = this.#registry.bind(domid, remote, remotePort);
    try {
      await Promise.all([this.#tell(remote, remotePort, domid, port), this.#tell(domid, port, remote, remotePort)]);
      return port;
    } catch (error) {
      this.#revokeIfOpen(domid, port);
      throw error;
    }
  }

  #tell(domid: number, port: number, remote: number, remotePort: number): Promise<void> {
    return this.#members.get(domid)!.bound(port, this.#peer(remote, remotePort));
  }

  #peer(domid: number, port: number): ChannelPeer {
    return { domid, port, address: this.#members.get(domid)!.address };
  }

  #unbound({ domid, port }: PortEnd, how: 'closed' | 'died'): void {
    this.#members.get(domid)?.unbound(port, how);
  }

  #revokeIfOpen(domid: number, port: number): void {
    // A domain that died meanwhile has taken its ports along.
    if (this.has(domid) && this.#registry.status(domid, port).state !== 'free') this.revoke(domid, port);
  }
}

/** The same, asked by a guest over its socket. */
export function remoteAuthority(controlSocket: ControlSocket<'guest'>): PortAuthority {
  return {
    allocate: (remote) => controlSocket.ask('port-alloc', { remote }),
    bind: (remote, port) => controlSocket.ask('port-bind', { remote, port }),
    close: async (port) => {
      await controlSocket.ask('port-close', { port });
    },
    status: (port) => controlSocket.ask('port-status', { port }),
  };
}

/** The member that a guest is, over its socket. */
export function remoteMember(address: EventsAddress, controlSocket: ControlSocket<'controller'>): ExchangeMember {
  return {
    address,
    bound: async (port, peer) => {
      await controlSocket.ask('port-bound', { port, peer });
    },
    // A guest that does not answer is about to be known as dead.
    closed: (port) => void controlSocket.ask('port-closed', { port }).catch(() => {}),
    unbound: (port, lost) => void controlSocket.ask('port-unbound', { port, lost }).catch(() => {}),
  };
}
