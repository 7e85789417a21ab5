import type { FrontendContext } from '../../context.ts';
import { Frontend } from '../../frontend/frontend.ts';
import { FrontendInterface } from '../../frontend/interface.ts';
import { NETWORK_FRONTEND } from './frontend-table.ts';
import { NETWORK } from './wire.ts';

export class NetworkFrontendInterface extends FrontendInterface {
  /** The interface's own address, from its first CONNECTED on. */
  get mac(): string | undefined {
    return this.status?.mac as string | undefined;
  }
}

/** The network frontend driver of a guest: an interface with two pages, tx and rx, for each virtual interface. */
export class NetworkFrontend extends Frontend {
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
