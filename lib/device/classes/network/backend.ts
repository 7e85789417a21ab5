import type { AnyMessage } from '../../../link/codec.ts';
import { Backend, type BackendCall, type BackendOptions } from '../../backend/backend.ts';
import { BackendInterface } from '../../backend/interface.ts';
import { type Clock, systemClock } from '../../clock.ts';
import type { BackendContext } from '../../context.ts';
import type { InterfaceId } from '../../wire.ts';
import { NETWORK_BACKEND, type NetworkBackendAction, type NetworkBackendEvent } from './backend-table.ts';
import { CreditGate } from './credit-gate.ts';
import { NETWORK, NO_MAC } from './wire.ts';

/** The backend's own address when CREATE has none (PROTOCOL.md 2.6). */
export const DEFAULT_BACKEND_MAC = 'fe:ff:ff:ff:ff:ff';

/** A network backend's end of one interface, with its addresses and its credit. */
export class NetworkBackendInterface extends BackendInterface {
  /** The frontend's MAC address, six hexadecimal pairs with ":" between them. */
  readonly mac: string;
  /** The backend's own MAC address. */
  readonly beMac: string;
  /**
   * The credit for packets of the frontend. Call `await interface.credit.admit(bytes)` before each packet goes out. It rejects at DISCONNECT.
   * Drop the packet then.
   */
  readonly credit: CreditGate;

  /** Takes the addresses of a CREATE. */
  constructor(id: InterfaceId, { mac, beMac }: AnyMessage, clock: Clock) {
    super(id);
    this.mac = (mac as string | undefined) ?? NO_MAC;
    this.beMac = beMac === undefined || beMac === NO_MAC ? DEFAULT_BACKEND_MAC : (beMac as string);
    this.credit = new CreditGate(clock);
  }
}

/** Limits and clock of a {@link NetworkBackend}. */
export interface NetworkBackendOptions extends BackendOptions {
  /** The clock of the credit. Default: {@link systemClock}. */
  clock?: Clock;
}

/** A network backend. Extend it for a data path: see {@link Backend} for the pages, and call `interface.credit.admit` before each packet. */
export class NetworkBackend extends Backend<NetworkBackendInterface, NetworkBackendEvent, NetworkBackendAction> {
  readonly #clock: Clock;

  /** The network backend of a driver domain: pass `backendContext(guest)`. */
  constructor(context: BackendContext, options: NetworkBackendOptions = {}) {
    super(NETWORK, NETWORK_BACKEND, context, options);
    this.#clock = options.clock ?? systemClock;
  }

  /** Rejects the packets that wait for credit. A backend that overrides it must call it. */
  override onDisconnect(device: NetworkBackendInterface): void | Promise<void> {
    device.credit.close();
  }

  protected override messages(): { readonly [event: string]: string } {
    return { ...super.messages(), CREDITLIMIT: 'NETIF_BE_CREDITLIMIT' };
  }

  protected override newInterface(id: InterfaceId, message: AnyMessage): NetworkBackendInterface {
    return new NetworkBackendInterface(id, message, this.#clock);
  }

  protected override readonly ownActions = {
    limit: ({ interface: { credit }, message }: BackendCall<NetworkBackendInterface>) =>
      credit.setLimit({ creditBytes: message.creditBytes as number, periodUsec: message.periodUsec as number }),
  };
}
