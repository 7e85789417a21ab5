import type { FrontendContext } from '../../context.ts';
import { Frontend } from '../../frontend/frontend.ts';
import { FrontendInterface } from '../../frontend/interface.ts';
import { USB_FRONTEND } from './frontend-table.ts';
import { USB } from './wire.ts';

export class UsbFrontendInterface extends FrontendInterface {
  /** Microseconds of each 1 ms frame for isochronous and interrupt transfers. */
  get bandwidth(): number | undefined {
    return this.status?.bandwidth as number | undefined;
  }

  /** Ports of the virtual root hub. */
  get numPorts(): number | undefined {
    return this.status?.numPorts as number | undefined;
  }
}

/** The USB frontend driver of a guest: one interface with one page, `changed` when it has another number of ports. */
export class UsbFrontend extends Frontend {
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
