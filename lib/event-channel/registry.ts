import { CtrlIfError } from '../errors.ts';
import { CONTROL_PORT, PORTS } from '../wire/page.ts';

/** What a port stands for. */
export type PortState =
  | { readonly state: 'free' }
  /** Allocated, and waiting for that domain to bind it. */
  | { readonly state: 'unbound'; readonly remote: number }
  | { readonly state: 'interdomain'; readonly remote: number; readonly remotePort: number };

export interface PortEnd {
  readonly domid: number;
  readonly port: number;
}

/** The controller's own, as Xen's domain 0. */
export const CONTROLLER_DOMID = 0;

const FREE: PortState = { state: 'free' };

/**
 * Which domain may notify which: the ports of each domain, as the hypervisor keeps them. Pure: the bits are in the pages, and
 * the exchange tells which page to map.
 */
export class PortRegistry {
  readonly #domains = new Map<number, Map<number, PortState>>();

  addDomain(domid: number): void {
    this.#domains.set(domid, new Map());
  }

  /** Forgets the domain; returns the other ends of its channels, which are unbound from now on. */
  removeDomain(domid: number): PortEnd[] {
    const ends: PortEnd[] = [];
    for (const [, port] of this.#domains.get(domid) ?? []) {
      if (port.state === 'interdomain') ends.push(this.#unbind(port.remote, port.remotePort));
    }
    this.#domains.delete(domid);
    return ends;
  }

  /** A port of `domid` that `remote` may bind. */
  allocate(domid: number, remote: number): number {
    const ports = this.#portsOf(domid);
    this.#portsOf(remote);
    return this.#take(domid, ports, { state: 'unbound', remote });
  }

  /** The port of the controller that stands for `domid`'s control interface. */
  allocateControl(domid: number): number {
    const state: PortState = { state: 'interdomain', remote: domid, remotePort: CONTROL_PORT };
    return this.#take(CONTROLLER_DOMID, this.#portsOf(CONTROLLER_DOMID), state);
  }

  /** Binds a new port of `domid` to the unbound port `remotePort` of `remote`; returns the new one. */
  bind(domid: number, remote: number, remotePort: number): number {
    const ports = this.#portsOf(domid);
    const remotePorts = this.#portsOf(remote);
    const other = this.status(remote, remotePort);
    if (other.state !== 'unbound') {
      throw notBound(remote, remotePort, `is ${describe(other)} and cannot be bound; allocate one there first`);
    }
    if (other.remote !== domid) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_PORT_OWNER',
        `port ${remotePort} of domain ${remote} was allocated for domain ${other.remote}, not for domain ${domid}`,
        {
          advice: 'allocate one for it',
          domid: remote,
          port: remotePort,
          expected: `domain ${other.remote}`,
          received: domid,
        },
      );
    }
    const port = this.#take(domid, ports, { state: 'interdomain', remote, remotePort });
    remotePorts.set(remotePort, { state: 'interdomain', remote: domid, remotePort: port });
    return port;
  }

  /** Frees the port; returns the other end, which is unbound from now on, where there was one. */
  close(domid: number, port: number): PortEnd | undefined {
    const closed = this.status(domid, port);
    if (closed.state === 'free') throw notBound(domid, port, 'is not open; it was closed, or never allocated');
    this.#portsOf(domid).delete(port);
    return closed.state === 'interdomain' ? this.#unbind(closed.remote, closed.remotePort) : undefined;
  }

  /** Throws `ERR_CTRL_IF_PORT_RANGE` for what is no port and `ERR_CTRL_IF_DOMAIN` for what is no domain. */
  status(domid: number, port: number): PortState {
    checkPort(port);
    return this.#portsOf(domid).get(port) ?? FREE;
  }

  #unbind(domid: number, port: number): PortEnd {
    // As in the original, the other end stays allocated for whoever it was bound to (PROTOCOL.md 1.7).
    const ports = this.#domains.get(domid);
    const was = ports?.get(port);
    if (was?.state === 'interdomain') ports!.set(port, { state: 'unbound', remote: was.remote });
    return { domid, port };
  }

  #portsOf(domid: number): Map<number, PortState> {
    const ports = this.#domains.get(domid);
    if (ports) return ports;
    throw new CtrlIfError('ERR_CTRL_IF_DOMAIN', `there is no domain ${domid}, or it has no event channels`, {
      advice: 'name one that is connected and has the native engine',
      domid,
    });
  }

  #take(domid: number, ports: Map<number, PortState>, state: PortState): number {
    // Port 0 is none, and the next is the control interface's.
    for (let port = CONTROL_PORT + 1; port < PORTS; port++) {
      if (ports.has(port)) continue;
      ports.set(port, state);
      return port;
    }
    throw new CtrlIfError('ERR_CTRL_IF_PORT_NONE_FREE', `domain ${domid} has all of its ${PORTS} ports in use`, {
      advice: 'close some first',
      domid,
    });
  }
}

/** The messages and the grants have 16 bits for a domid. */
const MAX_DOMID = 0xffff;

/** Throws `ERR_CTRL_IF_DOMAIN` unless `domid` is a number that a domain can have. */
export function checkDomid(domid: number): void {
  if (Number.isInteger(domid) && domid >= 0 && domid <= MAX_DOMID) return;
  throw new CtrlIfError(
    'ERR_CTRL_IF_DOMAIN',
    `there is no domain ${domid}: domids are integers from 0 to ${MAX_DOMID}`,
    { advice: 'name one that is connected', expected: `integer 0..${MAX_DOMID}`, received: domid },
  );
}

/** Throws `ERR_CTRL_IF_PORT_RANGE` unless `port` is one that a channel can have. */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && port > CONTROL_PORT && port < PORTS) return;
  throw new CtrlIfError(
    'ERR_CTRL_IF_PORT_RANGE',
    `${port} is no port of an event channel: they go from ${CONTROL_PORT + 1} to ${PORTS - 1}, ${CONTROL_PORT} being the control interface's`,
    { expected: `integer ${CONTROL_PORT + 1}..${PORTS - 1}`, received: port },
  );
}

export function notBound(domid: number, port: number, how: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_PORT_NOT_BOUND', `port ${port} of domain ${domid} ${how}`, { domid, port });
}

function describe(port: PortState): string {
  switch (port.state) {
    case 'free':
      return 'free';
    case 'unbound':
      return `unbound, for domain ${port.remote}`;
    case 'interdomain':
      return `bound to port ${port.remotePort} of domain ${port.remote}`;
  }
}
