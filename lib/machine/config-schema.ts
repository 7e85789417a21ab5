/** What to run as a domain: one schema for its file, the flags, the body of a request and OpenAPI. */

import type { DeviceClass } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { domainName, seconds } from '../schema/basic-schema.ts';
import { type Mistake, type Path, spell, wrongValue } from '../schema/mistake.ts';
import type { Schema, Static } from '../schema/schema.ts';

/** MiB. The grant table of 4 GiB is 4 MiB long, which the domain has from its beginning. */
const MAX_MEMORY = 4096;
export const MAX_VCPUS = 32;

export const memorySize = {
  type: 'integer',
  title: `a whole number of MiB from 1 to ${MAX_MEMORY}`,
  minimum: 1,
  maximum: MAX_MEMORY,
} as const satisfies Schema;

export const restart = { type: 'string', enum: ['always', 'on-reboot', 'never'] } as const satisfies Schema;

/** A list of each class. */
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
    name: { ...domainName, description: "Its name, which is no other domain's." },
    command: {
      type: 'array',
      title: 'a list of a program and its arguments',
      minItems: 1,
      items: { type: 'string' },
      description: 'The program that becomes the guest; default: the guest that comes with ctrl-if.',
    },
    driver: {
      type: 'boolean',
      default: false,
      description: 'Whether it runs backends; the first driver domain serves the devices that name no backend.',
    },
    memory: { ...memorySize, default: 8, description: 'Its memory in MiB (256 frames of 4 KiB).' },
    maxMemory: { ...memorySize, description: 'What its memory may grow to, in MiB; default: as much as `memory`.' },
    vcpus: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_VCPUS,
      default: 1,
      description: 'How many virtual processors it has.',
    },
    ...(deviceLists(DEVICE_CLASSES) as DeviceLists),
    restart: {
      ...restart,
      default: 'on-reboot',
      description:
        'When it is started again after its end: always, which goes on while it cannot be started; only when it asked for a reboot; never.',
    },
    minimumRestartSeconds: { ...seconds, default: 20, description: 'The least time between two starts.' },
    shutdownSeconds: {
      ...seconds,
      default: 30,
      description: "The time from an orderly shutdown's request to the domain's destruction; 0: never.",
    },
  },
} as const satisfies Schema;

export type DomainConfig = Static<typeof domainConfig>;

/** {@link domainConfig} where a machine has those classes. */
export function domainConfigWith(classes: readonly DeviceClass[]): typeof domainConfig {
  if (classes === DEVICE_CLASSES) return domainConfig;
  return { ...domainConfig, properties: { ...domainConfig.properties, ...deviceLists(classes) } };
}

/** What no schema says: what one key means for another. */
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
  const sentence = `${spell(path)} is ${JSON.stringify(received)}, which ${spell(other)} is already; give it another`;
  return { path, kind: 'wrong', sentence, expected: 'one of its own', received };
}
