/** The device classes as an operator sees them: what a device is to be, what it is called by, and what else can be done to it. */
import { domainReference, MAX_U16, MAX_U32 } from '../schema/basic-schema.ts';
import { type Operation, operation, parameter } from '../schema/operation.ts';
import type { Schema, Static } from '../schema/schema.ts';

export interface DeviceEntry {
  /** The class; operations are called by it (`blockAttach`), and so are commands (`block-attach`). */
  readonly name: string;
  /** One device of it, in a sentence. */
  readonly noun: string;
  /** The key of a domain's configuration that lists its devices, and their segment of a path. */
  readonly list: string;
  /** Its schema is called by it, and so is its flag: `DiskConfig`, `--disk`. */
  readonly item: string;
  readonly config: Schema & { readonly examples: readonly object[] };
  /** The key of `config` that is the path of a file; the command line makes it absolute, since the machine runs elsewhere. */
  readonly path?: string;
  /** What a device is called by when it is detached. */
  readonly key: { readonly name: string; readonly schema: Schema & { readonly examples: readonly unknown[] } };
  /** The key of `config` that no two devices of a domain may have alike. */
  readonly unique: string;
  /** Whether `A` and `a` are alike there. */
  readonly ignoreCase: boolean;
  readonly operations: Readonly<Record<string, Operation>>;
}

const backend = {
  ...domainReference,
  description: "The domain that serves it; default: the machine's driver domain.",
} as const satisfies Schema;

const disk = {
  type: 'object',
  title: 'a disk, with its target and vdevice',
  additionalProperties: false,
  required: ['target', 'vdevice'],
  properties: {
    backend,
    target: {
      type: 'string',
      title: 'what the backend is to serve',
      minLength: 1,
      description:
        "The path of a file or a device, relative to the machine's working directory; a backend of your own may take it for a name.",
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

export const credit = {
  type: 'object',
  title: 'a limit of bytes in so many microseconds',
  additionalProperties: false,
  required: ['bytes', 'microseconds'],
  properties: {
    bytes: { type: 'integer', minimum: 1, maximum: MAX_U32 },
    microseconds: { type: 'integer', minimum: 1, maximum: MAX_U32 },
  },
  description: 'Bytes in each interval of so many microseconds; default: no limit.',
} as const satisfies Schema;

const vif = {
  type: 'object',
  title: 'a network interface',
  additionalProperties: false,
  properties: {
    backend,
    mac: {
      type: 'string',
      title: 'a MAC address of six hexadecimal pairs with ":" between them',
      pattern: '^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$',
      examples: ['00:16:3e:12:34:56'],
      description: "Default: a random one of Xen's, 00:16:3e:....",
    },
    credit,
  },
  examples: [{ mac: '00:16:3e:00:00:02' }],
} as const satisfies Schema;

const usb = {
  type: 'object',
  title: 'a USB port, with its path',
  additionalProperties: false,
  required: ['path'],
  properties: {
    backend,
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

const domain = parameter('domain', 'path', domainReference);
const handle = parameter('handle', 'path', {
  type: 'integer',
  minimum: 0,
  maximum: MAX_U32,
  examples: [0],
  description: "The interface's handle, as in the list of devices.",
});

export const deviceEntries = [
  {
    name: 'block',
    noun: 'disk',
    list: 'disks',
    item: 'disk',
    config: disk,
    path: 'target',
    key: { name: 'vdevice', schema: disk.properties.vdevice },
    unique: 'vdevice',
    ignoreCase: false,
    operations: {},
  },
  {
    name: 'network',
    noun: 'network interface',
    list: 'vifs',
    item: 'vif',
    config: vif,
    key: handle,
    unique: 'mac',
    ignoreCase: true,
    operations: {
      networkLimit: operation({
        method: 'put',
        path: '/domains/{domain}/vifs/{handle}/credit',
        summary: 'Limit the rate of a network interface.',
        takes: [domain, handle, parameter('credit', 'body', credit)],
        status: 204,
      }),
      networkUnlimit: operation({
        method: 'delete',
        path: '/domains/{domain}/vifs/{handle}/credit',
        summary: 'Lift the limit of a network interface.',
        takes: [domain, handle],
        status: 204,
      }),
    },
  },
  {
    name: 'usb',
    noun: 'USB port',
    list: 'usbs',
    item: 'usb',
    config: usb,
    key: { name: 'path', schema: usb.properties.path },
    unique: 'path',
    ignoreCase: false,
    operations: {},
  },
] as const satisfies readonly DeviceEntry[];

type Entry = (typeof deviceEntries)[number];

export type DeviceClass = Entry['name'];
export const DEVICE_CLASSES = namesOf(deviceEntries);

function namesOf<const T extends readonly DeviceEntry[]>(entries: T) {
  return entries.map(({ name }) => name) as unknown as { readonly [I in keyof T]: T[I]['name'] };
}

export type DiskConfig = Static<typeof disk>;
export type VifConfig = Static<typeof vif>;
export type UsbConfig = Static<typeof usb>;
export type Credit = Static<typeof credit>;
