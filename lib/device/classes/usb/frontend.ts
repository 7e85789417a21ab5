import type { FrontendContext } from '../../context.ts';
import { Frontend } from '../../frontend/frontend.ts';
import { USB_FRONTEND } from '../../frontend/table.ts';
import { USB } from './wire.ts';

/** The USB frontend driver of a guest: one interface with one page, `changed` when it has another number of ports. */
export class UsbFrontend extends Frontend {
  constructor(context: FrontendContext) {
    super(USB, USB_FRONTEND, context);
  }
}
