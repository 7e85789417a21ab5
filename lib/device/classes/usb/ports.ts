import { StateMachine } from '../../table.ts';
import { type PortAction, type PortEvent, type PortNotice, type PortState, USB_PORT } from './port-table.ts';

/** What the owner of a port does with the device in it. */
export interface PortHooks {
  onPlugged(port: UsbPort): void | Promise<void>;
  onUnplugged(port: UsbPort): void | Promise<void>;
}

/** Who has a port: the domain, and the number of the port on its virtual root hub. */
export interface PortOwner {
  readonly domid: number;
  readonly number: number;
}

/** What a guest's RESET of a port finds: a device, none, or no port. */
export type ResetOutcome = 'enabled' | 'disabled' | 'no port';

interface PortInput {
  readonly owner?: PortOwner;
  notice?: PortNotice;
}

/** A host port that a domain has claimed. */
export class UsbPort {
  /** In the host's style, at most 16 bytes: `1-1.2`. */
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

  get state(): PortState {
    return this.#machine.state;
  }

  get owner(): PortOwner | undefined {
    return this.#owner;
  }

  /** @internal Resolves with what the cell tells, if anything. */
  async fire(event: PortEvent, owner?: PortOwner): Promise<PortNotice | undefined> {
    const input: PortInput = owner ? { owner } : {};
    await this.#machine.fire(event, input);
    return input.notice;
  }
}

/** All claimed ports of a backend, by path: a path has one owner whatever its domain. */
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

  /** Lets one event happen to the port of that path, claimed or not. */
  async fire(path: string, event: PortEvent, owner?: PortOwner): Promise<PortNotice | undefined> {
    const port = this.#ports.get(path) ?? new UsbPort(path, this.#hooks);
    if (owner) this.#ports.set(path, port);
    const notice = await port.fire(event, owner);
    if (port.state === 'UNCLAIMED') this.#ports.delete(path);
    return notice;
  }
}
