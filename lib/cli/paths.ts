import { resolve } from 'node:path';
import type { DeviceDescription } from '../device/class.ts';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import type { Schema } from '../schema/schema.ts';

/** A device's configuration with its path made absolute from `directory`, because the machine runs in another directory. */
export function withPath(config: unknown, schema: Schema, directory = process.cwd()): unknown {
  const deviceClass: DeviceDescription | undefined = DEVICE_CLASSES.find(({ config }) => config === schema);
  const path = deviceClass?.path;
  if (path === undefined || typeof config !== 'object' || config === null) return config;
  const target = (config as Readonly<Record<string, unknown>>)[path];
  return typeof target === 'string' && target !== '' ? { ...config, [path]: resolve(directory, target) } : config;
}
