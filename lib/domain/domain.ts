import type { MessageOf } from '../wire/codec.ts';
import type { MessageDefinition } from '../wire/definition.ts';
import { Endpoint, type EndpointParts } from './endpoint.ts';

export type ShutdownReason = 'poweroff' | 'reboot' | 'suspend';

const SHUTDOWN_MESSAGES = {
  poweroff: 'SHUTDOWN_POWEROFF',
  reboot: 'SHUTDOWN_REBOOT',
  suspend: 'SHUTDOWN_SUSPEND',
} as const;

/** A guest as its controller sees it. */
export class Domain<User extends MessageDefinition = never> extends Endpoint<User> {
  /** The guest's process. */
  readonly pid: number;

  /** @internal Domains are made by the controller. */
  constructor(pid: number, parts: EndpointParts<User>) {
    super({ ...parts, party: 'controller' });
    this.pid = pid;
  }

  /**
   * Asks the guest to power off, reboot or suspend. Resolves with its acknowledgement, which comes before anything
   * happens and is the same whether or not anything will (PROTOCOL.md 2.13).
   */
  async shutdown(reason: ShutdownReason): Promise<void> {
    await this.#seed.request({ name: SHUTDOWN_MESSAGES[reason] });
  }

  /** Presses a magic SysRq key, one character, in the guest. */
  async sysrq(key: string): Promise<void> {
    await this.#seed.request({ name: 'SHUTDOWN_SYSRQ', key });
  }

  /**
   * Sets the guest's memory target in 4 KiB pages. The response says that it was understood, not that it is done
   * (PROTOCOL.md 2.14).
   */
  setMemoryTarget(pages: number): Promise<MessageOf<'MEM_REQUEST_SET'>> {
    return this.#seed.request({ name: 'MEM_REQUEST_SET', target: pages });
  }

  /** Turns a VCPU on or off. Resolves to whether the guest took the order: status 1 is yes (PROTOCOL.md 2.15). */
  async setVcpu(vcpu: number, state: 'on' | 'off'): Promise<boolean> {
    const name = state === 'on' ? 'VCPU_HOTPLUG_ON' : 'VCPU_HOTPLUG_OFF';
    return (await this.#seed.request({ name, vcpu })).status === 1;
  }

  /** The seed's messages, for which it does not matter what the user has defined beside them. */
  get #seed(): Endpoint {
    return this as unknown as Endpoint;
  }
}
