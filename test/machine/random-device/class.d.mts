import type { DeviceClass } from '../../../lib/device/class.ts';

export const RANDOM_CLASS: DeviceClass;
