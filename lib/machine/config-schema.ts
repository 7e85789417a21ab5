/** What to run as a domain: one schema for its file, the flags, the body of a request and OpenAPI. */
import { domainName, seconds } from '../schema/basic-schema.ts';
import { type Mistake, type Path, spell, wrongValue } from '../schema/mistake.ts';
import type { Schema, Static } from '../schema/schema.ts';
import { deviceEntries } from './device-entries.ts';

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
  readonly [Entry in (typeof deviceEntries)[number] as Entry['list']]: {
    readonly type: 'array';
    readonly title: string;
    readonly items: Entry['config'];
  };
};

const deviceLists = Object.fromEntries(
  deviceEntries.map(({ list, noun, config }) => [list, { type: 'array', title: `a list of ${noun}s`, items: config }]),
) as DeviceLists;

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
    ...deviceLists,
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

/** What no schema says: what one key means for another. */
export function contradictionsIn(config: DomainConfig): Mistake[] {
  const { memory = domainConfig.properties.memory.default, maxMemory = memory } = config;
  const mistakes: Mistake[] = [];
  if (maxMemory < memory) mistakes.push(wrongValue(['maxMemory'], `at least memory, which is ${memory}`, maxMemory));
  for (const { list, unique, ignoreCase } of deviceEntries) {
    const seen = new Map<unknown, Path>();
    config[list]?.forEach((device: Readonly<Record<string, unknown>>, i) => {
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
