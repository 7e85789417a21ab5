/** The command line's spelling of configurations: `--memory 16 --disk target=/img,vdevice=768`. */
import { domainConfig } from './config-schema.ts';
import type { DomainConfig } from './operations.ts';
import type { Path, Schema } from './schema.ts';
import { configError, type Source } from './source.ts';

const LISTS = ['disks', 'vifs', 'usbs'] as const;
type ListKey = (typeof LISTS)[number];
type ScalarKey = Exclude<keyof DomainConfig, ListKey | 'command' | 'driver'>;

/** As typed; each entry of a list is `key=value,...`. */
export type ConfigFlags = { [Key in ScalarKey]?: string | undefined } & {
  [Key in ListKey | 'command']?: readonly string[] | undefined;
} & { driver?: true | undefined };

/**
 * A configuration from flags, over that of a file if there is one: what a flag says counts, and lists grow.
 * `flagOf` names the flag of a key.
 */
export function fromFlags(flags: ConfigFlags, flagOf: (key: string) => string, file?: Source): Source {
  // A file that holds something else than a table has its mistake told.
  if (file && !isTable(file.value)) return file;
  const base = (file?.value ?? {}) as Record<string, unknown>;
  const value: Record<string, unknown> = { ...base };
  const listed: Record<string, number> = {};
  for (const [key, given] of Object.entries(flags)) {
    if (given === undefined) continue;
    if (isListKey(key)) {
      const before = base[key] ?? [];
      // A list that is none is the file's mistake, too.
      if (!Array.isArray(before)) continue;
      listed[key] = before.length;
      const schema = domainConfig.properties[key].items!;
      value[key] = [
        ...before,
        ...(given as string[]).map((text) => parseSpecification(text, schema, flagOf(key)).value),
      ];
    } else value[key] = typeof given === 'string' ? scalar(given, domainConfig.properties[key as ScalarKey]) : given;
  }
  const isFlag = ([key, index]: Path) => {
    if (key === undefined || !file) return !file;
    if (key in listed) return typeof index === 'number' && index >= listed[key]!;
    return flags[key as ScalarKey] !== undefined;
  };
  return { value, where: (path) => (isFlag(path) ? flagOf(String(path[0] ?? 'name')) : file!.where(path)) };
}

/**
 * `target=/img,vdevice=768` as the value that `schema` describes: numbers where it wants numbers, dots go deeper.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG`: a part without `=`
 */
export function parseSpecification(text: string, schema: Schema, flag: string): Source {
  const value: Record<string, unknown> = Object.create(null);
  const where = () => flag;
  // A comma parts two keys only where a key follows, so that a path may have commas.
  for (const part of text.split(/,(?=[A-Za-z_.-]+=)/).filter((each) => each !== '')) {
    const equals = part.indexOf('=');
    if (equals < 1) {
      const sentence = `${JSON.stringify(part)} must be KEY=VALUE, with a key out of ${Object.keys(schema.properties ?? {}).join(', ')}`;
      throw configError([{ path: [], kind: 'wrong', sentence, expected: 'KEY=VALUE', received: part }], { where });
    }
    put(value, part.slice(0, equals).split('.'), part.slice(equals + 1), schema);
  }
  return { value, where };
}

function put(into: Record<string, unknown>, [key = '', ...rest]: string[], text: string, schema: Schema): void {
  const { properties = {} } = schema;
  const below = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (rest.length === 0) {
    into[key] = scalar(text, below);
    return;
  }
  const table = isTable(into[key]) ? into[key] : Object.create(null);
  into[key] = table;
  put(table, rest, text, below ?? {});
}

function scalar(text: string, schema: Schema | undefined): unknown {
  const types = (schema?.anyOf ?? [schema]).map((one) => one?.type);
  const isNumber = /^-?\d+(\.\d+)?$|^0x[0-9a-fA-F]+$/.test(text);
  return isNumber && types.some((type) => type === 'integer' || type === 'number') ? Number(text) : text;
}

function isListKey(key: string): key is ListKey {
  return (LISTS as readonly string[]).includes(key);
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
