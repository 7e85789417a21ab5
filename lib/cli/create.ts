import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { type DomainConfig, domainConfig } from '../machine/config-schema.ts';
import { fromFlags } from '../machine/from-text.ts';
import { readSource } from '../machine/read-source.ts';
import type { Schema } from '../schema/schema.ts';
import type { ClientOptions } from './answer.ts';
import { running } from './domain-lines.ts';
import { ask, keysOf } from './operation-command.ts';
import { collect } from './options.ts';
import { withPath } from './paths.ts';

/** The flag of each key of a configuration, without its devices and its command. */
const FLAGS = {
  name: '-d, --domain <name>',
  memory: '-m, --memory <MiB>',
  maxMemory: '--max-memory <MiB>',
  vcpus: '-c, --vcpus <count>',
  driver: '--driver',
  restart: '--restart <when>',
  minimumRestartSeconds: '--minimum-restart <seconds>',
  shutdownSeconds: '--shutdown-timeout <seconds>',
} as const satisfies { [Key in keyof DomainConfig]: string };

const scalarOptions = Object.entries(FLAGS).map(([key, flags]): [string, Option] => {
  const { description, enum: choices }: Schema = domainConfig.properties[key as keyof typeof FLAGS];
  const option = new Option(flags, description);
  return [key, choices ? option.choices(choices) : option];
});
const deviceOptions = DEVICE_CLASSES.map(({ list, item, noun }): [string, Option] => [
  list,
  new Option(`--${item} <spec>`, `a ${noun}; may be repeated`).argParser(collect),
]);
const OPTIONS: ReadonlyMap<string, Option> = new Map([...scalarOptions, ...deviceOptions]);

export const SPECIFICATIONS = `
SPEC is KEY=VALUE[,KEY=VALUE...], with the keys below. A relative target in a file is relative to the directory of
the file. A relative target in an option is relative to the current directory.
${DEVICE_CLASSES.map(({ item, config }) => `  --${item.padEnd(5)} ${keysOf(config).join(', ')}\n`).join('')}`;

export function addCreateOptions(command: Command): Command {
  for (const option of OPTIONS.values()) command.addOption(option);
  return command;
}

/**
 * Starts a domain from a file, from options, or from both.
 *
 * @param command the words after `--`
 */
export async function createCommand(
  file: string | undefined,
  command: readonly string[],
  options: ClientOptions & Readonly<Record<string, unknown>>,
): Promise<number> {
  const flags = Object.fromEntries([...OPTIONS].map(([key, option]) => [key, options[option.attributeName()]]));
  const flagOf = (key: string) => OPTIONS.get(key)?.long ?? `--${key}`;
  const source = fromFlags(
    { ...flags, command: command.length > 0 ? command : undefined },
    flagOf,
    file === undefined ? undefined : await readSource(file),
  );
  const body = withPaths(source.value, file, options);
  const { name } = (body ?? {}) as Partial<DomainConfig>;
  const input = { value: { body }, locate: source.locate };
  return ask('create', input, options, {
    awaited: `domain ${name} to start`,
    lines: (info) => [`${running(info)}${info.pid === undefined ? '' : `, process ${info.pid}`}`],
  });
}

/**
 * Makes the paths of devices absolute. Devices of the file come first in each list, and their paths are relative to its
 * directory. Paths of options are relative to the current directory.
 */
function withPaths(value: unknown, file: string | undefined, options: Readonly<Record<string, unknown>>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const config: Record<string, unknown> = { ...value };
  for (const { list, item, config: schema } of DEVICE_CLASSES) {
    const devices = config[list];
    if (!Array.isArray(devices)) continue;
    const fromFile = devices.length - ((options[item] as string[] | undefined) ?? []).length;
    const directory = file === undefined ? undefined : resolve(dirname(file));
    config[list] = devices.map((device, i) => withPath(device, schema, i < fromFile ? directory : undefined));
  }
  return config;
}
