/** Every table of `lib/device`, in the order of `docs/devices.md`. */
import { DEVICE_CLASSES } from './classes/index.ts';
import { DEVICE } from './manager/table.ts';
import { SHUTDOWN } from './shutdown.ts';
import type { AnyTable } from './table.ts';

export const TABLES: readonly AnyTable[] = [
  ...DEVICE_CLASSES.flatMap(({ tables }): readonly AnyTable[] => tables),
  DEVICE,
  SHUTDOWN,
];
