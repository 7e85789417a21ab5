import type { Peer } from './surroundings.ts';
import { StateMachine, type Table } from './table.ts';

export type VcpuState = 'EMPTY' | 'QUEUED';
/** Messages in capitals; `done`: the action is over, well or not. */
const EVENTS = ['ON', 'OFF', 'done'] as const;
export type VcpuEvent = (typeof EVENTS)[number];
type VcpuAction = 'begin';
type VcpuNotice = 'busy';

/**
 * The order for one VCPU. The original had one slot for all: a second order overwrote the first, answered 0 for itself and was done
 * in its stead (PROTOCOL.md 2.15, 2.16). Here the first is done, and the second is refused.
 */
// biome-ignore format: a table, one cell a line
export const VCPU: Table<VcpuState, VcpuEvent, VcpuAction, VcpuNotice> = {
  name: 'vcpu',
  initial: 'EMPTY',
  events: EVENTS,
  cells: {
    EMPTY: {
      ON:   { do: ['begin'], next: 'QUEUED' },
      OFF:  { do: ['begin'], next: 'QUEUED' },
      done: { next: 'EMPTY' },
    },
    QUEUED: {
      ON:   { next: 'QUEUED', tell: ['busy'] },
      OFF:  { next: 'QUEUED', tell: ['busy'] },
      done: { next: 'EMPTY' },
    },
  },
};

export interface VcpuActions {
  /** Turns the VCPU on or off; throws where there is no such VCPU, or it cannot be done. */
  set(vcpu: number, isOn: boolean): void | Promise<void>;
}

/** `vcpu_hotplug_t.status`: 1 is success, the opposite of every other status. */
const DONE = 1;
const FAILED = 0;

interface VcpuOrder {
  readonly vcpu: number;
  readonly isOn: boolean;
  outcome: number | Promise<number>;
}
type VcpuMachine = StateMachine<VcpuState, VcpuEvent, VcpuAction, VcpuNotice, VcpuOrder>;

/** A guest that turns its VCPUs on and off as asked. The response says whether it was done, and comes when it is. */
export class VcpuResponder {
  readonly #actions: VcpuActions;
  readonly #machines = new Map<number, VcpuMachine>();
  readonly #takeBack: (() => void)[];

  constructor(peer: Peer, actions: VcpuActions) {
    this.#actions = actions;
    this.#takeBack = (['ON', 'OFF'] as const).map((event) =>
      peer.receive(`VCPU_HOTPLUG_${event}`, async ({ vcpu }: { vcpu: number }) => {
        const order: VcpuOrder = { vcpu, isOn: event === 'ON', outcome: FAILED };
        await this.#machineOf(vcpu).fire(event, order);
        return { status: await order.outcome };
      }),
    );
  }

  /** Takes no more orders. */
  close(): void {
    for (const takeBack of this.#takeBack) takeBack();
  }

  #machineOf(vcpu: number): VcpuMachine {
    const found = this.#machines.get(vcpu);
    if (found) return found;
    const machine: VcpuMachine = new StateMachine(VCPU, {
      do: {
        begin: (order) => {
          order.outcome = this.#carryOut(order, machine);
        },
      },
      tell: (_busy, order) => {
        order.outcome = FAILED;
      },
    });
    this.#machines.set(vcpu, machine);
    return machine;
  }

  async #carryOut(order: VcpuOrder, machine: VcpuMachine): Promise<number> {
    let status = DONE;
    try {
      await this.#actions.set(order.vcpu, order.isOn);
    } catch {
      status = FAILED;
    }
    await machine.fire('done', order);
    // A number that names no VCPU leaves nothing behind.
    if (machine.state === 'EMPTY') this.#machines.delete(order.vcpu);
    return status;
  }
}
