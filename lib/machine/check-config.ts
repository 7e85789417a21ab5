import { CtrlIfError } from '../errors.ts';
import { reservedFrames } from '../wire/memory.ts';
import { conforming, toDomainConfig } from './config.ts';
import * as schemas from './config-schema.ts';
import type { DiskConfig, DomainConfig, UsbConfig, VifConfig } from './operations.ts';
import type { Schema } from './schema.ts';
import type { Source } from './source.ts';

/** A configuration with what it leaves out, but for the command. */
export type ResolvedConfig = Required<Omit<DomainConfig, 'command'>> & Pick<DomainConfig, 'command'>;

/** 1 MiB in frames of 4 KiB. */
export const FRAMES_PER_MIB = 256;

/** Fills in what is left out. @throws CtrlIfError `ERR_CTRL_IF_CONFIG` for what no domain can be */
export function checkConfig(config: DomainConfig): ResolvedConfig {
  const checked = toDomainConfig(given('the configuration', config));
  const { memory = 8, vcpus = 1, restart = 'on-reboot', driver = false, disks = [], vifs = [], usbs = [] } = checked;
  const { maxMemory = memory, minimumRestartSeconds = 20, shutdownSeconds = 30 } = checked;
  const least = leastMemory(maxMemory);
  if (memory < least)
    throw bad('memory', `at least ${least} where maxMemory is ${maxMemory}: so much its grant table needs`, memory);
  const rest = { memory, maxMemory, vcpus, restart, driver, minimumRestartSeconds, shutdownSeconds, disks, vifs, usbs };
  return { name: checked.name, ...rest, ...(checked.command && { command: checked.command }) };
}

export const checkDisk = (disk: DiskConfig): void => check('the disk', schemas.disk, disk);
export const checkVif = (vif: VifConfig): void => check('the network interface', schemas.vif, vif);
export const checkCredit = (credit: NonNullable<VifConfig['credit']>): void =>
  check('the limit', schemas.credit, credit);
export const checkUsb = (usb: UsbConfig): void => check('the USB port', schemas.usb, usb);

function check(what: string, schema: Schema, value: unknown): void {
  conforming(schema, given(what, value));
}

/** What a caller has given, which has no lines. */
function given(what: string, value: unknown): Source {
  return { value, where: () => what };
}

/** MiB that hold what a domain never hands out, and a frame more. */
const leastMemory = (maxMemory: number): number =>
  Math.ceil((reservedFrames(maxMemory * FRAMES_PER_MIB) + 1) / FRAMES_PER_MIB);

/** MiB, whole ones. */
export function checkMemoryTarget(target: number, { maxMemory }: ResolvedConfig): void {
  checkNumber('memory', target, leastMemory(maxMemory), maxMemory);
}

export function checkNumber(field: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw bad(field, `an integer from ${least} to ${most}`, value);
}

export function checkSeconds(field: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0)) throw bad(field, 'a number of seconds, 0 or more', value);
}

function bad(field: string, expected: string, received: unknown): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_CONFIG',
    `${field} is ${JSON.stringify(received) ?? String(received)} and must be ${expected}`,
    { field, expected, received },
  );
}
