import type { FrontendContext } from '../../context.ts';
import { Frontend } from '../../frontend/frontend.ts';
import { FrontendInterface } from '../../frontend/interface.ts';
import { NETWORK_FRONTEND } from './frontend-table.ts';
import { NETWORK } from './wire.ts';

/** A network frontend's end of one interface. */
export class NetworkFrontendInterface extends FrontendInterface {
  /** The MAC address of the interface, or undefined before a status has named it. */
  get mac(): string | undefined {
    return this.status?.mac as string | undefined;
  }
}

/** The network frontend driver of a guest. Each interface shares two pages, tx and rx. */
export class NetworkFrontend extends Frontend {
  /** Pass `frontendContext(guest)`. */
  constructor(context: FrontendContext) {
    super(NETWORK, NETWORK_FRONTEND, context);
  }

  override find(handle?: number): NetworkFrontendInterface | undefined {
    return super.find(handle) as NetworkFrontendInterface | undefined;
  }

  protected override newInterface(handle: number): NetworkFrontendInterface {
    return new NetworkFrontendInterface(handle);
  }
}
