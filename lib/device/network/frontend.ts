import { Frontend } from '../frontend/frontend.ts';
import { NETWORK_FRONTEND } from '../frontend/table.ts';
import type { FrontendSurroundings } from '../surroundings.ts';
import { NETWORK } from './wire.ts';

/** The network frontend driver of a guest: two pages an interface, tx and rx. */
export class NetworkFrontend extends Frontend {
  constructor(surroundings: FrontendSurroundings) {
    super(NETWORK, NETWORK_FRONTEND, surroundings);
  }
}
