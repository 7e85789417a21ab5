import type { FrontendContext } from '../../context.ts';
import { Frontend } from '../../frontend/frontend.ts';
import { BLOCK_FRONTEND } from './frontend-table.ts';
import { BLOCK } from './wire.ts';

/** The block frontend driver of a guest. Each interface shares one page. It emits `changed` when a VBD was added or removed. */
export class BlockFrontend extends Frontend {
  /** Pass `frontendContext(guest)`. */
  constructor(context: FrontendContext) {
    super(BLOCK, BLOCK_FRONTEND, context);
  }
}
