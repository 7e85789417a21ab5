import { Frontend } from '../frontend/frontend.ts';
import { USB_FRONTEND } from '../frontend/table.ts';
import type { FrontendSurroundings } from '../surroundings.ts';
import { USB } from './wire.ts';

/** The USB frontend driver of a guest: one interface with one page, `changed` when it has another number of ports. */
export class UsbFrontend extends Frontend {
  constructor(surroundings: FrontendSurroundings) {
    super(USB, USB_FRONTEND, surroundings);
  }
}
