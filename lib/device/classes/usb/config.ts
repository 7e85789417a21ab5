import type { Schema, Static } from '../../../schema/schema.ts';
import { backendKey } from '../../class.ts';

export const usb = {
  type: 'object',
  title: 'a USB port, with its path',
  additionalProperties: false,
  required: ['path'],
  properties: {
    backend: backendKey,
    // Bytes of ASCII, since the path travels in a field of 16 with its NUL.
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

export type UsbConfig = Static<typeof usb>;
