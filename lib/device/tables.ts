/** Every table of this room, in the order of `docs/devices.md`. */
import { BLOCK_BACKEND } from './classes/block/backend-table.ts';
import { NETWORK_BACKEND } from './classes/network/backend-table.ts';
import { USB_BACKEND } from './classes/usb/backend-table.ts';
import { USB_PORT } from './classes/usb/port-table.ts';
import { BLOCK_FRONTEND, NETWORK_FRONTEND, USB_FRONTEND } from './frontend/table.ts';
import { DEVICE } from './manager/table.ts';
import { MEMORY } from './memory.ts';
import { SHUTDOWN } from './shutdown.ts';
import type { AnyTable } from './table.ts';
import { VCPU } from './vcpu.ts';

export const TABLES: readonly AnyTable[] = [
  BLOCK_FRONTEND,
  NETWORK_FRONTEND,
  USB_FRONTEND,
  BLOCK_BACKEND,
  NETWORK_BACKEND,
  USB_BACKEND,
  USB_PORT,
  DEVICE,
  SHUTDOWN,
  MEMORY,
  VCPU,
];
