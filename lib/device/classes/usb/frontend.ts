import type { FrontendContext } from '../../context.ts';
import { Frontend } from '../../frontend/frontend.ts';
import { FrontendInterface } from '../../frontend/interface.ts';
import { USB_FRONTEND } from './frontend-table.ts';
import { USB } from './wire.ts';

/** A USB frontend's end of its interface. */
export class UsbFrontendInterface extends FrontendInterface {
  /** The microseconds of each 1 ms frame for isochronous and interrupt transfers. */
  get bandwidth(): number | undefined {
    return this.status?.bandwidth as number | undefined;
  }

  /** The highest port number of the virtual controller, plus 1. */
  get numPorts(): number | undefined {
    return this.status?.numPorts as number | undefined;
  }
}

/** The USB frontend driver of a guest. Its one interface shares one page. It emits `changed` when `numPorts` may have changed. */
export class UsbFrontend extends Frontend {
  /** Pass `frontendContext(guest)`. */
  constructor(context: FrontendContext) {
    super(USB, USB_FRONTEND, context);
  }

  override find(handle?: number): UsbFrontendInterface | undefined {
    return super.find(handle) as UsbFrontendInterface | undefined;
  }

  protected override newInterface(handle: number): UsbFrontendInterface {
    return new UsbFrontendInterface(handle);
  }
}
