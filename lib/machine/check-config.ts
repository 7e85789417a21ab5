import { CtrlIfError } from '../errors.ts';
import type { DiskConfig, DomainConfig, UsbConfig, VifConfig } from './operations.ts';

/** A configuration with what it leaves out, but for the command. */
export type ResolvedConfig = Required<Omit<DomainConfig, 'command'>> & Pick<DomainConfig, 'command'>;

/** 1 MiB in frames of 4 KiB. */
export const FRAMES_PER_MIB = 256;
/** A domain's memory at most, in MiB. */
const MOST_MEMORY = 4096;
const MOST_VCPUS = 32;
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;
/** Wants its NUL in 16 bytes. */
const USB_PATH_BYTES = 15;

/** Fills in what is left out. @throws CtrlIfError `ERR_CTRL_IF_CONFIG` for what no domain can be */
export function checkConfig(config: DomainConfig): ResolvedConfig {
  if (typeof config !== 'object' || config === null) throw bad('config', 'an object', config);
  const { name, command, memory = 8, vcpus = 1, restart = 'on-reboot', driver = false } = config;
  const { maxMemory = memory, minimumRestartSeconds = 20, shutdownSeconds = 30 } = config;
  const { disks = [], vifs = [], usbs = [] } = config;
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) {
    throw bad('name', '1 to 64 letters, digits, "-", "_" and "."', name);
  }
  // A domid is a domain's name as well.
  if (/^\d+$/.test(name)) throw bad('name', 'not only digits, which are a domid', name);
  const isCommand = Array.isArray(command) && command.length > 0 && command.every((each) => typeof each === 'string');
  if (command !== undefined && !isCommand) throw bad('command', 'a program and its arguments, strings', command);
  checkNumber('memory', memory, 1, MOST_MEMORY);
  checkNumber('maxMemory', maxMemory, memory, MOST_MEMORY);
  checkNumber('vcpus', vcpus, 1, MOST_VCPUS);
  if (!['always', 'on-reboot', 'never'].includes(restart)) throw bad('restart', 'always, on-reboot or never', restart);
  checkSeconds('minimumRestartSeconds', minimumRestartSeconds);
  checkSeconds('shutdownSeconds', shutdownSeconds);
  if (typeof driver !== 'boolean') throw bad('driver', 'true or false', driver);
  for (const [field, list] of Object.entries({ disks, vifs, usbs })) {
    if (!Array.isArray(list)) throw bad(field, 'a list', list);
  }
  disks.forEach(checkDisk);
  vifs.forEach(checkVif);
  usbs.forEach(checkUsb);
  const rest = { memory, maxMemory, vcpus, restart, driver, minimumRestartSeconds, shutdownSeconds, disks, vifs, usbs };
  return { name, ...rest, ...(command && { command }) };
}

export function checkDisk({ target, vdevice, mode }: DiskConfig): void {
  if (typeof target !== 'string' || target === '')
    throw bad('target', 'what the backend is to serve, a string', target);
  checkNumber('vdevice', vdevice, 0, 0xffff);
  if (mode !== undefined && mode !== 'r' && mode !== 'w') throw bad('mode', 'r or w', mode);
}

export function checkVif({ mac, credit }: VifConfig): void {
  if (mac !== undefined && !MAC.test(mac)) throw bad('mac', 'six bytes in hexadecimal, as in 00:16:3e:01:02:03', mac);
  if (credit !== undefined) checkCredit(credit);
}

export function checkCredit(credit: NonNullable<VifConfig['credit']>): void {
  checkNumber('bytes', credit.bytes, 0, 0xffff_ffff);
  checkNumber('microseconds', credit.microseconds, 0, 0xffff_ffff);
}

export function checkUsb({ path }: UsbConfig): void {
  const isPath = typeof path === 'string' && path !== '' && Buffer.byteLength(path) <= USB_PATH_BYTES;
  if (!isPath) throw bad('path', `1 to ${USB_PATH_BYTES} bytes, as in 1-1.2`, path);
}

/** MiB, whole ones. */
export function checkMemoryTarget(target: number, { maxMemory }: ResolvedConfig): void {
  checkNumber('memory', target, 1, maxMemory);
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
