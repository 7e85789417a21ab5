/** The command line's spelling of configurations: `--memory 16 --disk target=/img,vdevice=768`. */
import type { Path, Schema } from './schema.ts';
import { configError, type Source } from './source.ts';

/** What {@link fromFlags} takes; each list's entries are `key=value,...` as typed. */
export interface ConfigFlags {
  name?: string | undefined;
  memory?: number | undefined;
  maxMemory?: number | undefined;
  vcpus?: number | undefined;
  restart?: string | undefined;
  minimumRestartSeconds?: number | undefined;
  shutdownSeconds?: number | undefined;
  command?: readonly string[] | undefined;
  disks?: readonly string[] | undefined;
  vifs?: readonly string[] | undefined;
  usbs?: readonly string[] | undefined;
}

const LISTS = ['disks', 'vifs', 'usbs'] as const;

/**
 * A configuration from flags, over that of a file if there is one: what a flag says counts, lists grow.
 * `flagOf` names the flag of a key.
 */
export function fromFlags(
  flags: ConfigFlags,
  schemas: Readonly<Record<(typeof LISTS)[number], Schema>>,
  flagOf: (key: string) => string,
  file?: Source,
): Source {
  const base = isTable(file?.value) ? file.value : {};
  const value: Record<string, unknown> = { ...base };
  for (const [key, given] of Object.entries(flags)) {
    if (given !== undefined && !(LISTS as readonly string[]).includes(key)) value[key] = given;
  }
  const before: Record<string, number> = {};
  for (const key of LISTS) {
    const given = flags[key] ?? [];
    if (given.length === 0) continue;
    const listed = base[key] ?? [];
    // A list that is none is the file's mistake, and is told as that.
    if (!Array.isArray(listed)) continue;
    before[key] = listed.length;
    const parsed = given.map((text) => parseSpecification(text, schemas[key], flagOf(key)).value);
    value[key] = [...listed, ...parsed];
  }
  const isFlag = ([key, index]: Path) => {
    if (key === undefined) return file === undefined;
    if (key in before) return typeof index === 'number' && index >= before[key]!;
    return (flags as Record<string, unknown>)[key] !== undefined;
  };
  return {
    // A file that holds something else than a table is told so.
    value: file && !isTable(file.value) ? file.value : value,
    where: (path) => (file && !isFlag(path) ? file.where(path) : flagOf(String(path[0] ?? 'name'))),
  };
}

/** `target=/img,vdevice=768` as the value that `schema` describes: numbers where it wants numbers, dots go deeper. */
export function parseSpecification(text: string, schema: Schema, flag: string): Source {
  const value: Record<string, unknown> = Object.create(null);
  const where = () => flag;
  // A comma parts two keys only where a key follows, so that a path may have commas.
  for (const part of text.split(/,(?=[^,=]+=)/).filter((each) => each !== '')) {
    const equals = part.indexOf('=');
    if (equals < 1) {
      const sentence = `${JSON.stringify(part)} must be KEY=VALUE, with keys out of ${Object.keys(schema.properties ?? {}).join(', ')}`;
      throw configError([{ path: [], kind: 'wrong', sentence, expected: 'KEY=VALUE', received: part }], { where });
    }
    put(value, part.slice(0, equals).split('.'), part.slice(equals + 1), schema);
  }
  return { value, where };
}

function put(into: Record<string, unknown>, [key, ...rest]: string[], text: string, schema: Schema): void {
  const below = schema.properties?.[key!];
  if (rest.length === 0) {
    into[key!] = scalar(text, below);
    return;
  }
  const table = isTable(into[key!]) ? (into[key!] as Record<string, unknown>) : Object.create(null);
  into[key!] = table;
  put(table, rest, text, below ?? {});
}

function scalar(text: string, schema: Schema | undefined): unknown {
  const types = (schema?.anyOf ?? [schema]).map((one) => one?.type);
  const isNumber = /^-?\d+(\.\d+)?$|^0x[0-9a-fA-F]+$/.test(text);
  return isNumber && types.some((type) => type === 'integer' || type === 'number') ? Number(text) : text;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
