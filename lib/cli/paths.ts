import { resolve } from 'node:path';
import { type DeviceEntry, deviceEntries } from '../machine/device-entries.ts';
import type { Schema } from '../schema/schema.ts';

/** A device's configuration, as typed or read, with the path in it relative to `directory`: the machine runs elsewhere. */
export function withPath(config: unknown, schema: Schema, directory = process.cwd()): unknown {
  const entry: DeviceEntry | undefined = deviceEntries.find((entry) => entry.config === schema);
  const path = entry?.path;
  if (path === undefined || typeof config !== 'object' || config === null) return config;
  const target = (config as Readonly<Record<string, unknown>>)[path];
  return typeof target === 'string' && target !== '' ? { ...config, [path]: resolve(directory, target) } : config;
}
