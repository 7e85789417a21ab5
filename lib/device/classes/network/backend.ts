import type { AnyMessage } from '../../../link/codec.ts';
import { Backend, type BackendCall, type BackendOptions } from '../../backend/backend.ts';
import { BackendInterface } from '../../backend/interface.ts';
import { type Clock, systemClock } from '../../clock.ts';
import type { BackendContext } from '../../context.ts';
import type { InterfaceId } from '../../wire.ts';
import { NETWORK_BACKEND, type NetworkBackendAction, type NetworkBackendEvent } from './backend-table.ts';
import { CreditGate } from './credit-gate.ts';
import { NETWORK, NO_MAC } from './wire.ts';

/** The backend's own address where CREATE gives none (PROTOCOL.md 2.6). */
export const DEFAULT_BACKEND_MAC = 'fe:ff:ff:ff:ff:ff';

export class NetworkBackendInterface extends BackendInterface {
  /** The frontend's address. */
  readonly mac: string;
  /** The backend's own. */
  readonly beMac: string;
  /**
   * The credit of what the frontend sends: `await interface.credit.admit(bytes)` before each packet goes out. What it sends
   * away at DISCONNECT is to be dropped.
   */
  readonly credit: CreditGate;

  constructor(id: InterfaceId, { mac, beMac }: AnyMessage, clock: Clock) {
    super(id);
    this.mac = (mac as string | undefined) ?? NO_MAC;
    this.beMac = beMac === undefined || beMac === NO_MAC ? DEFAULT_BACKEND_MAC : (beMac as string);
    this.credit = new CreditGate(clock);
  }
}

export interface NetworkBackendOptions extends BackendOptions {
  /** Default: the system's. */
  clock?: Clock;
}

/** A network backend. Extend it: see {@link Backend} for the pages, and have each packet admitted by `interface.credit`. */
export class NetworkBackend extends Backend<NetworkBackendInterface, NetworkBackendEvent, NetworkBackendAction> {
  readonly #clock: Clock;

  constructor(context: BackendContext, options: NetworkBackendOptions = {}) {
    super(NETWORK, NETWORK_BACKEND, context, options);
    this.#clock = options.clock ?? systemClock;
  }

  /** Sends away the packets that wait for credit. A backend that overrides it calls it too. */
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
