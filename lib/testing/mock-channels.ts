import { CtrlIfError } from '../errors.ts';
import type { Channel, ChannelAllocator, ChannelPair, EventChannels } from '../device/context.ts';

interface Port {
  readonly domid: number;
  readonly remote: number;
  onNotify: (() => void) | undefined;
  isPending: boolean;
}

/**
 * The event channels of a {@link MockMachine}. A notification waits for an end that is not bound yet, several become one, and those to a closed
 * channel are dropped. The lowest free ports are allocated first, as by a real controller.
 */
export class MockChannels implements ChannelAllocator {
  readonly #ports = new Map<number, Port>();

  /** The number of open channels. */
  get open(): number {
    return this.#ports.size / 2;
  }

  /** Opens a channel between two domains. */
  async bind(domA: number, domB: number): Promise<ChannelPair> {
    const [portA, portB] = this.#free();
    this.#ports.set(portA, { domid: domA, remote: portB, onNotify: undefined, isPending: false });
    this.#ports.set(portB, { domid: domB, remote: portA, onNotify: undefined, isPending: false });
    return { portA, portB };
  }

  /** Closes both ports. */
  close({ portA, portB }: ChannelPair): void {
    this.#ports.delete(portA);
    this.#ports.delete(portB);
  }

  /** The event channels as one domain sees them. */
  of(domid: number): EventChannels {
    return { bind: (port, onNotify) => this.#bind(domid, port, onNotify) };
  }

  /** Two free ports. All domains of a mock machine share one range of ports. */
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

/** Calls the handler once for all notifications since its last call. An unbound port stays pending. */
function deliver(port: Port): void {
  queueMicrotask(() => {
    if (!port.onNotify || !port.isPending) return;
    // Clear it before the handler reads the pages, so that a notification meanwhile counts as a new one.
    port.isPending = false;
    port.onNotify();
  });
}
