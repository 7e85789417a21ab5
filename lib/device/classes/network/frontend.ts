import type { FrontendContext } from '../../context.ts';
import { Frontend } from '../../frontend/frontend.ts';
import { NETWORK_FRONTEND } from '../../frontend/table.ts';
import { NETWORK } from './wire.ts';

/** The network frontend driver of a guest: two pages an interface, tx and rx. */
export class NetworkFrontend extends Frontend {
  constructor(context: FrontendContext) {
    super(NETWORK, NETWORK_FRONTEND, context);
  }
}
