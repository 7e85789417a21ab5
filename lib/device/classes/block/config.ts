import { MAX_U16 } from '../../../schema/basic-schema.ts';
import type { Schema, Static } from '../../../schema/schema.ts';
import { backendKey } from '../../class.ts';

/** The schema of a disk's configuration. */
export const disk = {
  type: 'object',
  title: 'a disk, with its target and vdevice',
  additionalProperties: false,
  required: ['target', 'vdevice'],
  properties: {
    backend: backendKey,
    target: {
      type: 'string',
      title: 'the path or name of what the backend serves',
      minLength: 1,
      description:
        "The path of a file or a device, relative to the machine's working directory. For a backend of your own it may be any name.",
    },
    vdevice: {
      type: 'integer',
      minimum: 0,
      maximum: MAX_U16,
      examples: [769],
      description: 'The device number in the guest, as in `blkif_be_vbd_create_t`.',
    },
    mode: { type: 'string', enum: ['r', 'w'], default: 'w' },
  },
  examples: [{ target: '/img/data', vdevice: 769, mode: 'r' }],
} as const satisfies Schema;

/** The configuration of a disk: its target and vdevice, and optionally its backend and mode. */
export type DiskConfig = Static<typeof disk>;
