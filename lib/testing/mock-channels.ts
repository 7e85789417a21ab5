import { CtrlIfError } from '../errors.ts';
import type { Channel, ChannelAllocator, ChannelPair, EventChannels } from '../device/context.ts';

interface Port {
  readonly domid: number;
  readonly remote: number;
  onNotify: (() => void) | undefined;
  isPending: boolean;
}

/**
 * The event channels of a {@link MockMachine}: sticky, coalescing, and silent towards an end that is closed. A port that was closed is
 * the next that is opened, as at a real controller.
 */
export class MockChannels implements ChannelAllocator {
  readonly #ports = new Map<number, Port>();

  /** Channels that are allocated. */
  get open(): number {
    return this.#ports.size / 2;
  }

  async bind(domA: number, domB: number): Promise<ChannelPair> {
    const [portA, portB] = this.#free();
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

  /** Two ports; all domains of a mock machine have theirs out of one row. */
  #free(): [number, number] {
    let port = 1;
    while (this.#ports.has(port)) port += 2;
    return [port, port + 1];
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
    const isOpen = () => this.#ports.get(number) === port;
    return {
      get isOpen() {
        return isOpen();
      },
      notify: () => {
        const remote = this.#ports.get(port.remote);
        if (!isOpen() || !remote || remote.isPending) return;
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
