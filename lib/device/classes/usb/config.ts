import type { Schema, Static } from '../../../schema/schema.ts';
import { backendKey } from '../../class.ts';

/** The schema of a USB port's configuration. */
export const usb = {
  type: 'object',
  title: 'a USB port, with its path',
  additionalProperties: false,
  required: ['path'],
  properties: {
    backend: backendKey,
    // ASCII, since the path and its NUL must fit a field of 16 bytes.
    path: {
      type: 'string',
      title: 'a path of 1 to 15 ASCII characters, not dots alone',
      pattern: '^(?!\\.+$)[!-~]{1,15}$',
      examples: ['1-1'],
      description: "The port's path at the backend.",
    },
  },
  examples: [{ path: '1-1' }],
} as const satisfies Schema;

/** The configuration of a USB port: its path, and optionally its backend. */
export type UsbConfig = Static<typeof usb>;
