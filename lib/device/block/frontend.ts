import { Frontend } from '../frontend/frontend.ts';
import { BLOCK_FRONTEND } from '../frontend/table.ts';
import type { FrontendSurroundings } from '../surroundings.ts';
import { BLOCK } from './wire.ts';

/** The block frontend driver of a guest: one page an interface, `changed` when a VBD has come or gone. */
export class BlockFrontend extends Frontend {
  constructor(surroundings: FrontendSurroundings) {
    super(BLOCK, BLOCK_FRONTEND, surroundings);
  }
}
