import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { CtrlIfError } from '../errors.ts';
import { reservedFrames } from '../wire/memory.ts';
import { conforming } from './check.ts';
import { contradictionsIn, type DomainConfig, domainConfig } from './config-schema.ts';
import { configError, type Source } from './source.ts';

/** A configuration with every default filled in, except for the command. */
export type ResolvedConfig = Required<Omit<DomainConfig, 'command'>> & Pick<DomainConfig, 'command'>;

const NO_DEVICES = Object.fromEntries(DEVICE_CLASSES.map(({ list }) => [list, []])) as unknown as Required<
  Pick<DomainConfig, (typeof DEVICE_CLASSES)[number]['list']>
>;

/** 1 MiB in frames of 4 KiB. */
export const FRAMES_PER_MIB = 256;

/**
 * Checks the domain that `source` describes, without a machine. `Machine.create` does the same check itself.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` with every wrong, missing or unknown key in `mistakes`
 */
export function toDomainConfig(source: Source): DomainConfig {
  const config = conforming<DomainConfig>(domainConfig, source);
  const mistakes = contradictionsIn(config);
  if (mistakes.length > 0) throw configError(mistakes, source);
  return config;
}

/** Fills in the defaults. @throws CtrlIfError `ERR_CTRL_IF_CONFIG` if the memory is smaller than the domain's own tables */
export function resolveConfig(config: DomainConfig): ResolvedConfig {
  const { properties } = domainConfig;
  const resolved = {
    memory: properties.memory.default,
    vcpus: properties.vcpus.default,
    restart: properties.restart.default,
    driver: properties.driver.default,
    minimumRestartSeconds: properties.minimumRestartSeconds.default,
    shutdownSeconds: properties.shutdownSeconds.default,
    ...NO_DEVICES,
    ...config,
  };
  const { memory, maxMemory = memory } = resolved;
  const least = leastMemory(maxMemory);
  if (memory < least)
    throw bad('memory', `at least ${least} if maxMemory is ${maxMemory}: its grant table needs that much`, memory);
  return { ...resolved, maxMemory };
}

/** The MiB that hold the frames that a domain never hands out, and one frame more. */
const leastMemory = (maxMemory: number): number =>
  Math.ceil((reservedFrames(maxMemory * FRAMES_PER_MIB) + 1) / FRAMES_PER_MIB);

/** @param target whole MiB @throws CtrlIfError `ERR_CTRL_IF_CONFIG` if this domain cannot have that memory */
export function checkMemoryTarget(target: number, { maxMemory }: ResolvedConfig): void {
  checkNumber('target', target, leastMemory(maxMemory), maxMemory);
}

/** Checks a limit of one domain, which no schema has. @throws CtrlIfError `ERR_CTRL_IF_CONFIG` */
export function checkNumber(field: string, value: number, least: number, most: number): void {
  if (value < least || value > most) throw bad(field, `an integer from ${least} to ${most}`, value);
}

function bad(field: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_CONFIG', `${field} is ${JSON.stringify(received)} and must be ${expected}`, {
    field,
    expected,
    received,
  });
}
