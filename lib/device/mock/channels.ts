import { CtrlIfError } from '../../errors.ts';
import type { Channel, ChannelAllocator, ChannelPair, EventChannels } from '../surroundings.ts';

interface Port {
  readonly domid: number;
  readonly remote: number;
  onNotify: (() => void) | undefined;
  isPending: boolean;
}

/** The event channels of a {@link MockMachine}: sticky, coalescing, and silent towards an end that is closed. */
export class MockChannels implements ChannelAllocator {
  readonly #ports = new Map<number, Port>();
  #next = 1;

  /** Channels that are allocated. */
  get open(): number {
    return this.#ports.size / 2;
  }

  async bind(domA: number, domB: number): Promise<ChannelPair> {
    const portA = this.#next++;
    const portB = this.#next++;
    this.#ports.set(portA, { domid: domA, remote: portB, onNotify: undefined, isPending: false });
    this.#ports.set(portB, { domid: domB, remote: portA, onNotify: undefined, isPending: false });
    return { portA, portB };
  }

  close({ portA, portB }: ChannelPair): void {
    this.#ports.delete(portA);
    this.#ports.delete(portB);
  }

  of(domid: number): EventChannels {
    return { bind: (port, onNotify) => this.#bind(domid, port, onNotify) };
  }

  #bind(domid: number, number: number, onNotify: () => void): Channel {
    const port = this.#ports.get(number);
    if (port?.domid !== domid || port.onNotify) {
      throw new CtrlIfError('ERR_CTRL_IF_DEVICE_STATE', `domain ${domid} has no unbound port ${number}`, {
        domid,
        expected: 'a port that the controller has allocated to this domain',
        received: number,
      });
    }
    port.onNotify = onNotify;
    if (port.isPending) deliver(port);
    return {
      notify: () => {
        const remote = this.#ports.get(port.remote);
        if (this.#ports.get(number) !== port || !remote || remote.isPending) return;
        remote.isPending = true;
        deliver(remote);
      },
      close: () => {
        port.onNotify = undefined;
      },
    };
  }
}

/** One upcall for all notifications since the last; an unbound port keeps the bit. */
function deliver(port: Port): void {
  queueMicrotask(() => {
    if (!port.onNotify || !port.isPending) return;
    // Before the pages are looked at, so that what comes meanwhile is another.
    port.isPending = false;
    port.onNotify();
  });
}
