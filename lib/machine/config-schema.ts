/** The shapes of `operations.ts` that people write, as schemas: one for the files, the flags, the API and OpenAPI. */
import type { DiskConfig, DomainConfig, UsbConfig, VifConfig } from './operations.ts';
import type { Schema } from './schema.ts';

/** A schema that states each key of `T` and no other. */
interface SchemaOf<T> extends Schema {
  properties: Readonly<Record<keyof T & string, Schema>>;
}

const MAX_U16 = 0xffff;
const MAX_U32 = 0xffff_ffff;
/** MiB. The grant table of 4 GiB is 4 MiB long, which the domain has from its beginning. */
const MAX_MEMORY = 4096;
export const MAX_VCPUS = 32;

/** Digits alone would be taken for a domid, dots alone for a path. */
export const domainName: Schema = {
  type: 'string',
  title: 'a name of 1 to 64 letters, digits, "-", "_" and ".", one of them neither a digit nor a dot',
  pattern: '^(?![0-9]+$)(?!\\.+$)[A-Za-z0-9._\\-]{1,64}$',
  examples: ['web'],
};

export const domainReference: Schema = {
  title: "a domain's name or domid",
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'integer', minimum: 0 },
  ],
};

export const memorySize: Schema = {
  type: 'integer',
  title: `a whole number of MiB from 1 to ${MAX_MEMORY}`,
  minimum: 1,
  maximum: MAX_MEMORY,
};

/** The body of a request to set a domain's memory. */
export const memoryTarget: SchemaOf<{ target: number }> = {
  type: 'object',
  title: 'a target',
  additionalProperties: false,
  required: ['target'],
  properties: { target: memorySize },
};

/** The body of a request to press a SysRq key. */
export const sysrqKey: SchemaOf<{ key: string }> = {
  type: 'object',
  title: 'a key',
  additionalProperties: false,
  required: ['key'],
  properties: { key: { type: 'string', title: 'one character of ASCII', pattern: '^[ -~]$' } },
};

export const seconds: Schema = { type: 'number', title: 'a number of seconds, 0 or more', minimum: 0 };

const backend: Schema = { ...domainReference, description: "Who serves it; default: the machine's driver domain." };

export const disk: SchemaOf<DiskConfig> = {
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
    vdevice: { type: 'integer', minimum: 0, maximum: MAX_U16, description: 'The device number in the guest.' },
    mode: { type: 'string', enum: ['r', 'w'], default: 'w' },
  },
};

export const credit: SchemaOf<NonNullable<VifConfig['credit']>> = {
  type: 'object',
  title: 'a limit of bytes in so many microseconds',
  additionalProperties: false,
  required: ['bytes', 'microseconds'],
  properties: {
    bytes: { type: 'integer', minimum: 1, maximum: MAX_U32 },
    microseconds: { type: 'integer', minimum: 1, maximum: MAX_U32 },
  },
};

export const vif: SchemaOf<VifConfig> = {
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
      description: 'Default: a random one.',
    },
    credit,
  },
};

export const usb: SchemaOf<UsbConfig> = {
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
    },
  },
};

export const domainConfig: SchemaOf<DomainConfig> = {
  type: 'object',
  title: 'a domain, with its name',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: domainName,
    command: {
      type: 'array',
      title: 'a list of a program and its arguments',
      minItems: 1,
      items: { type: 'string' },
      description: 'What becomes the guest; default: the guest that comes with ctrl-if.',
    },
    driver: { type: 'boolean', default: false, description: 'Whether it runs the backends of other domains.' },
    memory: { ...memorySize, default: 8 },
    maxMemory: { ...memorySize, description: 'Default: as much as `memory`.' },
    vcpus: { type: 'integer', minimum: 1, maximum: MAX_VCPUS, default: 1 },
    disks: { type: 'array', title: 'a list of disks', items: disk },
    vifs: { type: 'array', title: 'a list of network interfaces', items: vif },
    usbs: { type: 'array', title: 'a list of USB ports', items: usb },
    restart: { type: 'string', enum: ['always', 'on-reboot', 'never'], default: 'on-reboot' },
    minimumRestartSeconds: { ...seconds, default: 20 },
    shutdownSeconds: { ...seconds, default: 30 },
  },
};
