import { StateMachine } from '../../table.ts';
import { type PortAction, type PortEvent, type PortNotice, type PortState, USB_PORT } from './port-table.ts';

/** The hooks of a backend for the devices of claimed ports. */
export interface PortHooks {
  /** A device is in a claimed port. */
  onPlugged(port: UsbPort): void | Promise<void>;
  /** The device or the owner of the port is gone. */
  onUnplugged(port: UsbPort): void | Promise<void>;
}

/** The domain that has claimed a port. */
export interface PortOwner {
  /** The number of the domain. */
  readonly domid: number;
  /** The number of the port on the domain's virtual controller, from 0. */
  readonly number: number;
}

/** The result of a guest's RESET: the port has a device, the port is empty, or the guest has no such port. */
export type ResetOutcome = 'enabled' | 'disabled' | 'no port';

interface PortInput {
  readonly owner?: PortOwner;
  notice?: PortNotice;
}

/** A host port that a domain has claimed. */
export class UsbPort {
  /** The path of the host port, such as `1-1.2`: 1 to 15 bytes of ASCII. */
  readonly path: string;
  readonly #machine: StateMachine<PortState, PortEvent, PortAction, PortNotice, PortInput>;
  #owner: PortOwner | undefined;

  /** @internal */
  constructor(path: string, hooks: PortHooks) {
    this.path = path;
    this.#machine = new StateMachine(USB_PORT, {
      do: {
        own: ({ owner }) => {
          this.#owner = owner;
        },
        disown: () => {
          this.#owner = undefined;
        },
        take: () => hooks.onPlugged(this),
        giveBack: () => hooks.onUnplugged(this),
      },
      emit: (notice, input) => {
        input.notice = notice;
      },
    });
  }

  /** UNCLAIMED, or claimed: EMPTY without a device, PRESENT with one. */
  get state(): PortState {
    return this.#machine.state;
  }

  /** The domain that has claimed the port, while it is claimed. */
  get owner(): PortOwner | undefined {
    return this.#owner;
  }

  /** @internal Resolves with the notice of the cell, if it has one. */
  async fire(event: PortEvent, owner?: PortOwner): Promise<PortNotice | undefined> {
    const input: PortInput = owner ? { owner } : {};
    await this.#machine.fire(event, input);
    return input.notice;
  }
}

/** All claimed ports of a backend, by path. A path has one owner among all domains. */
export class UsbPorts {
  readonly #ports = new Map<string, UsbPort>();
  readonly #hooks: PortHooks;

  constructor(hooks: PortHooks) {
    this.#hooks = hooks;
  }

  get claimed(): readonly UsbPort[] {
    return [...this.#ports.values()];
  }

  ownedBy(domid: number): readonly UsbPort[] {
    return this.claimed.filter(({ owner }) => owner?.domid === domid);
  }

  get(path: string): UsbPort | undefined {
    return this.#ports.get(path);
  }

  /** Fires an event at the port of that path, claimed or not. */
  async fire(path: string, event: PortEvent, owner?: PortOwner): Promise<PortNotice | undefined> {
    const port = this.#ports.get(path) ?? new UsbPort(path, this.#hooks);
    if (owner) this.#ports.set(path, port);
    const notice = await port.fire(event, owner);
    if (port.state === 'UNCLAIMED') this.#ports.delete(path);
    return notice;
  }
}
