/** Every table of this room, in the order of `docs/devices.md`. */
import { BLOCK_BACKEND } from './block/backend-table.ts';
import { BLOCK_FRONTEND, NETWORK_FRONTEND, USB_FRONTEND } from './frontend/table.ts';
import { NETWORK_BACKEND } from './network/backend-table.ts';
import { RELAY } from './relay/table.ts';
import { SHUTDOWN } from './shutdown.ts';
import type { AnyTable } from './table.ts';
import { USB_BACKEND } from './usb/backend-table.ts';
import { USB_PORT } from './usb/port-table.ts';

export const TABLES: readonly AnyTable[] = [
  BLOCK_FRONTEND,
  NETWORK_FRONTEND,
  USB_FRONTEND,
  BLOCK_BACKEND,
  NETWORK_BACKEND,
  USB_BACKEND,
  USB_PORT,
  RELAY,
  SHUTDOWN,
];
