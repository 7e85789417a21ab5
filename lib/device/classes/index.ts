/** The device classes that come with ctrl-if, in the order in which they are listed. */
import type { DeviceClass } from '../class.ts';
import { BLOCK_CLASS } from './block/class.ts';
import { NETWORK_CLASS } from './network/class.ts';
import { USB_CLASS } from './usb/class.ts';

export const DEVICE_CLASSES = [BLOCK_CLASS, NETWORK_CLASS, USB_CLASS] as const satisfies readonly DeviceClass[];
