import type { FrontendContext } from '../../context.ts';
import { Frontend } from '../../frontend/frontend.ts';
import { BLOCK_FRONTEND } from './frontend-table.ts';
import { BLOCK } from './wire.ts';

/** The block frontend driver of a guest: one page an interface, `changed` when a VBD has come or gone. */
export class BlockFrontend extends Frontend {
  constructor(context: FrontendContext) {
    super(BLOCK, BLOCK_FRONTEND, context);
  }
}
