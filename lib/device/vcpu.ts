import type { Peer } from './context.ts';

/** A guest's own part of a VCPU hotplug. */
export interface VcpuActions {
  /** Turns the VCPU with that number on or off. @throws an error of the caller's choice when that is impossible */
  set(vcpu: number, isOn: boolean): void | Promise<void>;
}

/** `vcpu_hotplug_t.status`: 1 is success, unlike every other status. */
const DONE = 1;
const FAILED = 0;

/**
 * Receives VCPU_HOTPLUG_ON and VCPU_HOTPLUG_OFF for a guest. The response comes when the order is done, and says whether it succeeded.
 *
 * The original had one slot for all orders: a second order was answered 0, but overwrote the first and was done in its place
 * (PROTOCOL.md 2.15, 2.16). Here each VCPU takes one order at a time. The first is done, and the second is refused.
 */
export class VcpuResponder {
  readonly #actions: VcpuActions;
  /** The VCPUs with an order under way. */
  readonly #busy = new Set<number>();
  readonly #receivers: (() => void)[];

  /** @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when `peer` has a receiver for one of the messages */
  constructor(peer: Peer, actions: VcpuActions) {
    this.#actions = actions;
    this.#receivers = (['ON', 'OFF'] as const).map((order) =>
      peer.receive(`VCPU_HOTPLUG_${order}`, async ({ vcpu }: { vcpu: number }) => ({
        status: await this.#carryOut(vcpu, order === 'ON'),
      })),
    );
  }

  /** Removes the receivers. */
  close(): void {
    for (const remove of this.#receivers) remove();
  }

  async #carryOut(vcpu: number, isOn: boolean): Promise<number> {
    if (this.#busy.has(vcpu)) return FAILED;
    this.#busy.add(vcpu);
    try {
      await this.#actions.set(vcpu, isOn);
      return DONE;
    } catch {
      return FAILED;
    } finally {
      this.#busy.delete(vcpu);
    }
  }
}
