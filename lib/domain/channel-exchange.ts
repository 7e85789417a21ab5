import type { EventsAddress } from '../event-channel/peer-events.ts';
import { type PortEnd, PortRegistry, type PortState } from '../event-channel/registry.ts';
import type { ControlSocket } from './control-socket.ts';
import type { ChannelPeer, PortAuthority } from './event-channels.ts';

/** The controller's access to a domain with ports. */
export interface ExchangeMember {
  readonly address: EventsAddress;
  /** Reports to the domain that its port is bound. Resolves when the domain can notify the peer. */
  bound(port: number, peer: ChannelPeer): Promise<void>;
  /** Reports to the domain that the controller has closed its port. */
  closed(port: number): void;
  /** Reports to the domain that the other end of its port is gone. */
  unbound(port: number, lost: 'closed' | 'died'): void;
}

/** The controller's registry of all event channels, which reports changes to both ends. Events do not pass through it. */
export class ChannelExchange {
  readonly #registry = new PortRegistry();
  readonly #members = new Map<number, ExchangeMember>();

  join(domid: number, member: ExchangeMember): void {
    this.#registry.addDomain(domid);
    this.#members.set(domid, member);
  }

  /** Removes a domain that is gone, and reports it to the domains with a channel to it. */
  leave(domid: number, how: 'closed' | 'died'): void {
    if (!this.#members.delete(domid)) return;
    for (const end of this.#registry.removeDomain(domid)) this.#unbound(end, how);
  }

  /** Allocates a port of the controller for the control interface of `domid`. {@link close} with domid 0 frees it. */
  allocateControl(domid: number): number {
    return this.#registry.allocateControl(domid);
  }

  has(domid: number): boolean {
    return this.#members.has(domid);
  }

  /** Opens a channel between two domains. Resolves with the two ports when both domains can notify. */
  async connect(a: number, b: number): Promise<readonly [portA: number, portB: number]> {
    const portA = this.#registry.allocate(a, b);
    try {
      return [portA, await this.#bind(b, a, portA)];
    } catch (error) {
      this.#revokeIfOpen(a, portA);
      throw error;
    }
  }

  /** Frees a port at the request of its domain. */
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

  /** The operations of `domid` on its own ports. */
  authorityOf(domid: number): PortAuthority {
    return {
      allocate: async (remote) => ({ port: this.#registry.allocate(domid, remote) }),
      bind: async (remote, remotePort) => ({ port: await this.#bind(domid, remote, remotePort) }),
      close: async (port) => this.close(domid, port),
      status: async (port) => this.status(domid, port),
    };
  }

  /** Answers the questions of `domid` about its ports. */
  serve(domid: number, controlSocket: ControlSocket<'controller'>): void {
    const authority = this.authorityOf(domid);
    controlSocket.answer('port-alloc', ({ remote }) => authority.allocate(remote));
    controlSocket.answer('port-bind', ({ remote, port }) => authority.bind(remote, port));
    controlSocket.answer('port-close', ({ port }) => authority.close(port));
    controlSocket.answer('port-status', ({ port }) => authority.status(port));
  }

  /** Reports the binding to both ends by a question, so that each gets it in order with other reports, such as a close. */
  async #bind(domid: number, remote: number, remotePort: number): Promise<number> {
    const port = this.#registry.bind(domid, remote, remotePort);
    try {
      await Promise.all([
        this.#reportBound(remote, remotePort, domid, port),
        this.#reportBound(domid, port, remote, remotePort),
      ]);
      return port;
    } catch (error) {
      this.#revokeIfOpen(domid, port);
      throw error;
    }
  }

  #reportBound(domid: number, port: number, remote: number, remotePort: number): Promise<void> {
    return this.#members.get(domid)!.bound(port, this.#peer(remote, remotePort));
  }

  #peer(domid: number, port: number): ChannelPeer {
    return { domid, port, address: this.#members.get(domid)!.address };
  }

  #unbound({ domid, port }: PortEnd, how: 'closed' | 'died'): void {
    this.#members.get(domid)?.unbound(port, how);
  }

  #revokeIfOpen(domid: number, port: number): void {
    // The ports of a domain that died meanwhile are free already.
    if (this.has(domid) && this.#registry.status(domid, port).state !== 'free') this.revoke(domid, port);
  }
}

/** The operations of a guest on its ports, as questions to the controller. */
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

/** The controller's access to a guest, over the guest's control socket. */
export function remoteMember(address: EventsAddress, controlSocket: ControlSocket<'controller'>): ExchangeMember {
  return {
    address,
    bound: async (port, peer) => {
      await controlSocket.ask('port-bound', { port, peer });
    },
    // A guest that does not answer has died, and its socket will report that.
    closed: (port) => void controlSocket.ask('port-closed', { port }).catch(() => {}),
    unbound: (port, lost) => void controlSocket.ask('port-unbound', { port, lost }).catch(() => {}),
  };
}
