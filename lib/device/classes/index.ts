/** The list of the device classes that come with ctrl-if. */
import type { DeviceClass } from '../class.ts';
import { BLOCK_CLASS } from './block/class.ts';
import { NETWORK_CLASS } from './network/class.ts';
import { USB_CLASS } from './usb/class.ts';

export * from './block/index.ts';
export * from './network/index.ts';
export * from './usb/index.ts';

/** The device classes that come with ctrl-if, in the order of lists and docs. */
export const DEVICE_CLASSES = [BLOCK_CLASS, NETWORK_CLASS, USB_CLASS] as const satisfies readonly DeviceClass[];
