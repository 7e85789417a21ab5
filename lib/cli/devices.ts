/** The commands about the devices of a domain. */
import { resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ApiClient } from '../api/client.ts';
import { conforming } from '../machine/config.ts';
import { credit, disk, usb, vif } from '../machine/config-schema.ts';
import { parseSpecification } from '../machine/flags.ts';
import type { DeviceClass, DeviceInfo, DiskConfig, UsbConfig, VifConfig } from '../machine/operations.ts';
import type { Schema } from '../machine/schema.ts';
import { type ClientOptions, done, tell, waitingFor } from './answer.ts';
import { type Column, table } from './output.ts';

export async function deviceListCommand(
  domain: string,
  of: DeviceClass,
  { name, json }: ClientOptions,
): Promise<number> {
  const devices = await new ApiClient({ name }).devices(domain, of);
  return tell(json, devices, () => deviceTable(devices));
}

/** `given` is KEY=VALUE, each by itself or several with commas between them. */
export async function attachCommand(
  domain: string,
  of: DeviceClass,
  given: readonly string[],
  { name, json }: ClientOptions,
): Promise<number> {
  const machine = new ApiClient({ name });
  const attach = {
    block: () => machine.blockAttach(domain, withPath(specified<DiskConfig>(given, disk))),
    network: () => machine.networkAttach(domain, specified<VifConfig>(given, vif)),
    usb: () => machine.usbAttach(domain, specified<UsbConfig>(given, usb)),
  };
  const device = await waitingFor(`domain ${domain} to connect it`, attach[of]());
  return tell(json, device, () => [
    `${of} device ${device.id} of domain ${domain} is ${device.state}, handle ${device.handle}`,
  ]);
}

export async function blockDetachCommand(
  domain: string,
  vdevice: number,
  { name, json }: ClientOptions,
): Promise<number> {
  await new ApiClient({ name }).blockDetach(domain, vdevice);
  return done(json, `block device ${vdevice} of domain ${domain} is detached`);
}

export async function networkDetachCommand(
  domain: string,
  handle: number,
  { name, json }: ClientOptions,
): Promise<number> {
  await new ApiClient({ name }).networkDetach(domain, handle);
  return done(json, `network device ${handle} of domain ${domain} is detached`);
}

export async function usbDetachCommand(domain: string, path: string, { name, json }: ClientOptions): Promise<number> {
  await new ApiClient({ name }).usbDetach(domain, path);
  return done(json, `usb device ${path} of domain ${domain} is detached`);
}

/** `given` is `none` or a limit's KEY=VALUE. */
export async function networkLimitCommand(
  domain: string,
  handle: number,
  given: readonly string[],
  { name, json }: ClientOptions,
): Promise<number> {
  const isLifted = given.length === 1 && given[0] === 'none';
  const limit = isLifted ? undefined : specified<NonNullable<VifConfig['credit']>>(given, credit);
  await new ApiClient({ name }).networkLimit(domain, handle, limit);
  const how = limit ? `sends at most ${limit.bytes} bytes in ${limit.microseconds} µs` : 'has no limit';
  return done(json, `network device ${handle} of domain ${domain} ${how}`);
}

/** A disk whose target is relative to `directory`: the machine runs elsewhere. */
export function withPath(config: DiskConfig, directory = process.cwd()): DiskConfig {
  return { ...config, target: resolve(directory, config.target) };
}

function specified<T>(given: readonly string[], schema: Schema): T {
  return conforming<T>(schema, parseSpecification(given.join(','), schema, 'the device'));
}

const COLUMNS: readonly Column[] = [
  { title: 'CLASS' },
  { title: 'HANDLE', align: 'right' },
  { title: 'ID' },
  { title: 'STATE' },
  { title: 'BACKEND', align: 'right' },
  { title: 'PORTS' },
  { title: 'FRAMES' },
];

const DISK_COLUMNS: readonly Column[] = [{ title: 'MODE' }, { title: 'TARGET' }];

export function deviceTable(devices: readonly DeviceInfo[]): string[] {
  const hasDisks = devices.some(({ target }) => target !== undefined);
  const rows = devices.map(({ class: of, handle, id, state, refused, backend, ports, frames, mode, target }) => ({
    cells: [
      of,
      String(handle),
      id,
      refused ? `${state} ${refused}` : state,
      // Nobody has it.
      state === 'WAITING' ? '-' : String(backend),
      ports ? `${ports.frontend}-${ports.backend}` : '-',
      frames?.join(',') || '-',
      ...(hasDisks ? [mode ?? '-', target === undefined ? '-' : stripVTControlCharacters(target)] : []),
    ],
  }));
  return table(hasDisks ? [...COLUMNS, ...DISK_COLUMNS] : COLUMNS, rows);
}
