/** The configuration of a domain: one schema for its file, the flags, the body of a request and OpenAPI. */

import type { DeviceClass } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { domainName, seconds } from '../schema/basic-schema.ts';
import { type Mistake, type Path, spell, wrongValue } from '../schema/mistake.ts';
import type { Schema, Static } from '../schema/schema.ts';

/** MiB. The grant table for 4 GiB is 4 MiB long, and a domain has it from its start. */
const MAX_MEMORY = 4096;
export const MAX_VCPUS = 32;

export const memorySize = {
  type: 'integer',
  title: `a whole number of MiB from 1 to ${MAX_MEMORY}`,
  minimum: 1,
  maximum: MAX_MEMORY,
} as const satisfies Schema;

export const restart = { type: 'string', enum: ['always', 'on-reboot', 'never'] } as const satisfies Schema;

/** A list of devices for each class. */
type DeviceLists = {
  readonly [Class in (typeof DEVICE_CLASSES)[number] as Class['list']]: {
    readonly type: 'array';
    readonly title: string;
    readonly items: Class['config'];
  };
};

function deviceLists(classes: readonly DeviceClass[]): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    classes.map(({ list, noun, config }) => [list, { type: 'array', title: `a list of ${noun}s`, items: config }]),
  );
}

export const domainConfig = {
  type: 'object',
  title: 'a domain, with its name',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { ...domainName, description: 'Its name, unique on the machine.' },
    command: {
      type: 'array',
      title: 'a list of a program and its arguments',
      minItems: 1,
      items: { type: 'string' },
      description: 'The program that becomes the guest; default: the guest of ctrl-if.',
    },
    driver: {
      type: 'boolean',
      default: false,
      description: 'Whether it runs backends; the first driver domain serves the devices that name no backend.',
    },
    memory: { ...memorySize, default: 8, description: 'Its memory in MiB (256 frames of 4 KiB).' },
    maxMemory: { ...memorySize, description: 'The most that its memory may grow to, in MiB; default: `memory`.' },
    vcpus: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_VCPUS,
      default: 1,
      description: 'The number of its virtual processors.',
    },
    ...(deviceLists(DEVICE_CLASSES) as DeviceLists),
    restart: {
      ...restart,
      default: 'on-reboot',
      description:
        'When it is started again after its end: `always`, also after a start that failed; `on-reboot`, only when it asked for a reboot; `never`.',
    },
    minimumRestartSeconds: { ...seconds, default: 20, description: 'The shortest time between two starts.' },
    shutdownSeconds: {
      ...seconds,
      default: 30,
      description:
        'The time that the domain has for an orderly shutdown; after it the domain is destroyed. 0: no limit.',
    },
  },
} as const satisfies Schema;

/**
 * The configuration of a domain. Only `name` is required. Memory is in MiB, times are in seconds; the limits and defaults are in
 * docs/machine-api.md.
 */
export type DomainConfig = Static<typeof domainConfig>;

/** {@link domainConfig} for a machine with those device classes. */
export function domainConfigWith(classes: readonly DeviceClass[]): typeof domainConfig {
  if (classes === DEVICE_CLASSES) return domainConfig;
  return { ...domainConfig, properties: { ...domainConfig.properties, ...deviceLists(classes) } };
}

/** The mistakes that no schema finds: a key that contradicts another. */
export function contradictionsIn(config: DomainConfig, classes: readonly DeviceClass[] = DEVICE_CLASSES): Mistake[] {
  const { memory = domainConfig.properties.memory.default, maxMemory = memory } = config;
  const mistakes: Mistake[] = [];
  if (maxMemory < memory) mistakes.push(wrongValue(['maxMemory'], `at least memory, which is ${memory}`, maxMemory));
  const lists = config as Readonly<Record<string, unknown>>;
  for (const { list, unique, ignoreCase } of classes) {
    const seen = new Map<unknown, Path>();
    (lists[list] as readonly Readonly<Record<string, unknown>>[] | undefined)?.forEach((device, i) => {
      const path = [list, i, unique];
      const value = device[unique];
      if (value === undefined) return;
      const identity = ignoreCase ? String(value).toLowerCase() : value;
      const other = seen.get(identity);
      if (other) mistakes.push(takenTwice(path, other, value));
      else seen.set(identity, path);
    });
  }
  return mistakes;
}

function takenTwice(path: Path, other: Path, received: unknown): Mistake {
  const sentence = `${spell(path)} is ${JSON.stringify(received)}, which ${spell(other)} is already; give it another value`;
  return { path, kind: 'wrong', sentence, expected: 'a value that no other has', received };
}
