import { CtrlIfError } from '../errors.ts';
import { CONTROL_PORT, PORTS } from '../wire/page.ts';

/** The state of a port. */
export type PortState =
  | { readonly state: 'free' }
  /** Allocated. Domain `remote` may bind it. */
  | { readonly state: 'unbound'; readonly remote: number }
  | { readonly state: 'interdomain'; readonly remote: number; readonly remotePort: number };

/** One end of a channel: a port of a domain. */
export interface PortEnd {
  readonly domid: number;
  readonly port: number;
}

/** The controller's domid, as Xen's domain 0. */
export const CONTROLLER_DOMID = 0;

const FREE: PortState = { state: 'free' };

/**
 * The ports of each domain and their channels, as the hypervisor keeps them: they say which domain may notify which. It touches
 * no page; the event bits are in the pages of the domains.
 */
export class PortRegistry {
  readonly #domains = new Map<number, Map<number, PortState>>();

  addDomain(domid: number): void {
    this.#domains.set(domid, new Map());
  }

  /** Removes the domain. Returns the other ends of its channels, which are now unbound. */
  removeDomain(domid: number): PortEnd[] {
    const ends: PortEnd[] = [];
    for (const [, port] of this.#domains.get(domid) ?? []) {
      if (port.state === 'interdomain') ends.push(this.#unbind(port.remote, port.remotePort));
    }
    this.#domains.delete(domid);
    return ends;
  }

  /** Allocates a port of `domid` that `remote` may bind. */
  allocate(domid: number, remote: number): number {
    const ports = this.#portsOf(domid);
    this.#portsOf(remote);
    return this.#take(domid, ports, { state: 'unbound', remote });
  }

  /** Allocates the port of the controller for `domid`'s control interface. */
  allocateControl(domid: number): number {
    const state: PortState = { state: 'interdomain', remote: domid, remotePort: CONTROL_PORT };
    return this.#take(CONTROLLER_DOMID, this.#portsOf(CONTROLLER_DOMID), state);
  }

  /** Binds a new port of `domid` to the unbound port `remotePort` of `remote`; returns the new port. */
  bind(domid: number, remote: number, remotePort: number): number {
    const ports = this.#portsOf(domid);
    const remotePorts = this.#portsOf(remote);
    const other = this.status(remote, remotePort);
    if (other.state !== 'unbound') {
      throw notBound(remote, remotePort, `is ${describe(other)} and cannot be bound`, 'allocate a port there first');
    }
    if (other.remote !== domid) {
      throw new CtrlIfError(
        'ERR_CTRL_IF_PORT_OWNER',
        `port ${remotePort} of domain ${remote} was allocated for domain ${other.remote}, not for domain ${domid}`,
        {
          advice: `allocate a port for domain ${domid}`,
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

  /** Frees the port. Returns the other end of its channel, if it had one, which is now unbound. */
  close(domid: number, port: number): PortEnd | undefined {
    const closed = this.status(domid, port);
    if (closed.state === 'free') throw notBound(domid, port, 'is not open; it was closed, or never allocated');
    this.#portsOf(domid).delete(port);
    return closed.state === 'interdomain' ? this.#unbind(closed.remote, closed.remotePort) : undefined;
  }

  /**
   * The state of a port.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_PORT_RANGE` when `port` is no port, `ERR_CTRL_IF_DOMAIN` when `domid` is no domain
   */
  status(domid: number, port: number): PortState {
    checkPort(port);
    return this.#portsOf(domid).get(port) ?? FREE;
  }

  #unbind(domid: number, port: number): PortEnd {
    // As in the original, the other end stays allocated for the domain that it was bound to (PROTOCOL.md 1.7).
    const ports = this.#domains.get(domid);
    const was = ports?.get(port);
    if (was?.state === 'interdomain') ports!.set(port, { state: 'unbound', remote: was.remote });
    return { domid, port };
  }

  #portsOf(domid: number): Map<number, PortState> {
    const ports = this.#domains.get(domid);
    if (ports) return ports;
    throw new CtrlIfError('ERR_CTRL_IF_DOMAIN', `there is no domain ${domid}, or it has no event channels`, {
      advice: 'name a domain that is connected and has the native engine',
      domid,
    });
  }

  #take(domid: number, ports: Map<number, PortState>, state: PortState): number {
    // Port 0 is no port, and port 1 belongs to the control interface.
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

/** Messages and grants have 16 bits for a domid. */
const MAX_DOMID = 0xffff;

/** @throws CtrlIfError `ERR_CTRL_IF_DOMAIN` unless `domid` is an integer from 0 to 65535 */
export function checkDomid(domid: number): void {
  if (Number.isInteger(domid) && domid >= 0 && domid <= MAX_DOMID) return;
  throw new CtrlIfError(
    'ERR_CTRL_IF_DOMAIN',
    `there is no domain ${domid}: domids are integers from 0 to ${MAX_DOMID}`,
    { advice: 'name a domain that is connected', expected: `integer 0..${MAX_DOMID}`, received: domid },
  );
}

/** @throws CtrlIfError `ERR_CTRL_IF_PORT_RANGE` unless `port` is one that a channel can have */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && port > CONTROL_PORT && port < PORTS) return;
  throw new CtrlIfError(
    'ERR_CTRL_IF_PORT_RANGE',
    `${port} is no port of an event channel: ports are ${CONTROL_PORT + 1} to ${PORTS - 1}, and ${CONTROL_PORT} belongs to the control interface`,
    { expected: `integer ${CONTROL_PORT + 1}..${PORTS - 1}`, received: port },
  );
}

/** @param state the end of the sentence "port 5 of domain 3 ..." */
export function notBound(domid: number, port: number, state: string, advice?: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_PORT_NOT_BOUND', `port ${port} of domain ${domid} ${state}`, {
    ...(advice !== undefined && { advice }),
    domid,
    port,
  });
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
