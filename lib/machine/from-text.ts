/** Values from text: the flags `--memory 16 --disk target=/img,vdevice=768`, and the parameters of an address. */

import { DEVICE_CLASSES } from '../device/classes/index.ts';
import type { Path } from '../schema/mistake.ts';
import type { Schema } from '../schema/schema.ts';
import { type DomainConfig, domainConfig } from './config-schema.ts';
import { configError, type Source } from './source.ts';

/** The flags as typed, by key. A device is `key=value,...`. */
export type ConfigFlags = { [Key in keyof DomainConfig]?: string | readonly string[] | true | undefined };

/**
 * A configuration from flags, and from `file` if there is one. A flag overrides the file; the devices of flags follow those of the
 * file. `flagOf` names the flag of a key.
 */
export function fromFlags(flags: ConfigFlags, flagOf: (key: string) => string, file?: Source): Source {
  // The check reports a file that does not hold a table.
  if (file && !isTable(file.value)) return file;
  const base = (file?.value ?? {}) as Record<string, unknown>;
  const value: Record<string, unknown> = { ...base };
  /** The number of the file's devices in each list. */
  const inFile: Record<string, number> = {};
  for (const [key, given] of Object.entries(flags)) {
    if (given === undefined) continue;
    const deviceClass = DEVICE_CLASSES.find(({ list }) => list === key);
    if (deviceClass) {
      const before = base[key] ?? [];
      // The check also reports a list that is not a list.
      if (!Array.isArray(before)) continue;
      inFile[key] = before.length;
      const devices = (given as string[]).map(
        (text) => parseSpecification(text, deviceClass.config, flagOf(key)).value,
      );
      value[key] = [...before, ...devices];
    } else value[key] = typeof given === 'string' ? fromText(given, domainConfig.properties[key as 'name']) : given;
  }
  const isFlag = ([key, index]: Path) => {
    if (key === undefined || !file) return !file;
    if (key in inFile) return typeof index === 'number' && index >= inFile[key]!;
    return flags[key as 'name'] !== undefined;
  };
  return { value, locate: (path) => (isFlag(path) ? flagOf(String(path[0] ?? 'name')) : file!.locate(path)) };
}

/**
 * `target=/img,vdevice=768` as the value that `schema` describes. A key with dots names a key in a nested table.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` for a part without `=`
 */
export function parseSpecification(text: string, schema: Schema, flag: string): Source {
  const value: Record<string, unknown> = Object.create(null);
  const locate = () => flag;
  // A comma separates two keys only if a key follows, so that a path may contain commas.
  for (const part of text.split(/,(?=[A-Za-z_.-]+=)/).filter((part) => part !== '')) {
    const equals = part.indexOf('=');
    if (equals < 1) {
      const sentence = `${JSON.stringify(part)} must be KEY=VALUE, with one of the keys ${Object.keys(schema.properties ?? {}).join(', ')}`;
      throw configError([{ path: [], kind: 'wrong', sentence, expected: 'KEY=VALUE', received: part }], { locate });
    }
    put(value, part.slice(0, equals).split('.'), part.slice(equals + 1), schema);
  }
  return { value, locate };
}

/** `text` as a number if `schema` allows one and `text` is one. If `schema` also allows a name, only digits are a number. */
export function fromText(text: string, { type, anyOf = [] }: Schema = {}): string | number {
  const isOnlyDigits = /^\d{1,9}$/.test(text);
  if (anyOf.some((choice) => choice.type === 'integer')) return isOnlyDigits ? Number(text) : text;
  const isNumber = /^-?\d+(\.\d+)?$|^0x[0-9a-fA-F]+$/.test(text) && Number.isFinite(Number(text));
  return isNumber && (type === 'integer' || type === 'number') ? Number(text) : text;
}

function put(into: Record<string, unknown>, [key = '', ...rest]: string[], text: string, schema: Schema): void {
  const { properties = {} } = schema;
  const below = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (rest.length === 0) {
    into[key] = fromText(text, below);
    return;
  }
  const table = isTable(into[key]) ? into[key] : Object.create(null);
  into[key] = table;
  put(table, rest, text, below ?? {});
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
