import type { Peer } from './context.ts';

export interface VcpuActions {
  /** Turns the VCPU on or off; throws where there is no such VCPU, or it cannot be done. */
  set(vcpu: number, isOn: boolean): void | Promise<void>;
}

/** `vcpu_hotplug_t.status`: 1 is success, the opposite of every other status. */
const DONE = 1;
const FAILED = 0;

/**
 * A guest that turns its VCPUs on and off as asked. The response says whether it was done, and comes when it is.
 *
 * The original had one slot for all orders: a second one overwrote the first, answered 0 for itself and was done in its stead
 * (PROTOCOL.md 2.15, 2.16). Here each VCPU takes one order at a time; the first is done, and the second is refused.
 */
export class VcpuResponder {
  readonly #actions: VcpuActions;
  /** The VCPUs that have an order under way. */
  readonly #busy = new Set<number>();
  readonly #takeBack: (() => void)[];

  constructor(peer: Peer, actions: VcpuActions) {
    this.#actions = actions;
    this.#takeBack = (['ON', 'OFF'] as const).map((order) =>
      peer.receive(`VCPU_HOTPLUG_${order}`, async ({ vcpu }: { vcpu: number }) => ({
        status: await this.#carryOut(vcpu, order === 'ON'),
      })),
    );
  }

  /** Takes no more orders. */
  close(): void {
    for (const takeBack of this.#takeBack) takeBack();
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
