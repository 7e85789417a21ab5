import { DEVICE_CLASSES } from '../device/classes/index.ts';
import { CtrlIfError } from '../errors.ts';
import { reservedFrames } from '../wire/memory.ts';
import { conforming } from './check.ts';
import { contradictionsIn, type DomainConfig, domainConfig } from './config-schema.ts';
import { configError, type Source } from './source.ts';

/** A configuration with what it leaves out, but for the command. */
export type ResolvedConfig = Required<Omit<DomainConfig, 'command'>> & Pick<DomainConfig, 'command'>;

const NO_DEVICES = Object.fromEntries(DEVICE_CLASSES.map(({ list }) => [list, []])) as unknown as Required<
  Pick<DomainConfig, (typeof DEVICE_CLASSES)[number]['list']>
>;

/** 1 MiB in frames of 4 KiB. */
export const FRAMES_PER_MIB = 256;

/**
 * The domain that `source` describes, for who has no machine to give it to.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` with every wrong, missing or unknown key in `mistakes`
 */
export function toDomainConfig(source: Source): DomainConfig {
  const config = conforming<DomainConfig>(domainConfig, source);
  const mistakes = contradictionsIn(config);
  if (mistakes.length > 0) throw configError(mistakes, source);
  return config;
}

/** Fills in what is left out. @throws CtrlIfError `ERR_CTRL_IF_CONFIG` for less memory than the domain's own tables need */
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
    throw bad('memory', `at least ${least} where maxMemory is ${maxMemory}: so much its grant table needs`, memory);
  return { ...resolved, maxMemory };
}

/** MiB that hold what a domain never hands out, and a frame more. */
const leastMemory = (maxMemory: number): number =>
  Math.ceil((reservedFrames(maxMemory * FRAMES_PER_MIB) + 1) / FRAMES_PER_MIB);

/** MiB, whole ones. */
export function checkMemoryTarget(target: number, { maxMemory }: ResolvedConfig): void {
  checkNumber('target', target, leastMemory(maxMemory), maxMemory);
}

/** For a limit that is this domain's own. */
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
