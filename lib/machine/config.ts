/** Domain configurations from files, and whatever else people wrote that has a schema. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CtrlIfError } from '../errors.ts';
import { domainConfig } from './config-schema.ts';
import { readJSON } from './json-source.ts';
import type { DomainConfig } from './operations.ts';
import { type Mistake, mistakesIn, type Path, type Schema, spell } from './schema.ts';
import { configError, type Source } from './source.ts';

/**
 * Reads a file's JSON or TOML, as its extension says.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG`: it cannot be read, or is neither
 */
export async function readSource(path: string): Promise<Source> {
  const kind = extname(path).toLowerCase();
  if (kind !== '.json' && kind !== '.toml') {
    throw new CtrlIfError(
      'ERR_CTRL_IF_CONFIG',
      `${path} ends neither in .json nor in .toml; rename it so that it does`,
      { subject: path, expected: '.json or .toml', received: kind },
    );
  }
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CtrlIfError('ERR_CTRL_IF_CONFIG', `${path} cannot be read (${cause.code}); give the path of a file`, {
      subject: path,
      expected: 'a readable file',
      cause,
    });
  });
  if (kind === '.json') return readJSON(text, path);
  // Few need it, and every start of the command line would pay for it.
  const { readTOML } = await import('./toml-source.ts');
  return readTOML(text, path);
}

/**
 * The domain that `source` describes.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` with every wrong, missing or unknown key in `mistakes`
 */
export function toDomainConfig(source: Source): DomainConfig {
  const config = conforming<DomainConfig>(domainConfig, source);
  const mistakes = contradictionsIn(config);
  if (mistakes.length > 0) throw configError(mistakes, source);
  return config;
}

/** The value of `source`, which `schema` describes, as plain objects. Throws as {@link toDomainConfig} does. */
export function conforming<T>(schema: Schema, source: Source): T {
  const mistakes = mistakesIn(schema, source.value);
  if (mistakes.length > 0) throw configError(mistakes, source);
  // Sources build objects without a prototype, which surprise whoever prints or compares them.
  return structuredClone(source.value) as T;
}

/** What no schema says: what one key means for another. */
function contradictionsIn({ memory = 8, maxMemory = memory, disks, vifs, usbs }: DomainConfig): Mistake[] {
  const mistakes: Mistake[] = [];
  if (maxMemory < memory) {
    const sentence = `maxMemory must be at least memory, which is ${memory}, and is ${maxMemory}`;
    mistakes.push({
      path: ['maxMemory'],
      kind: 'wrong',
      sentence,
      expected: `at least ${memory}`,
      received: maxMemory,
    });
  }
  const each = <T>(list: readonly T[] | undefined, name: string, key: keyof T & string, of: (one: T) => unknown) => {
    const seen = new Map<unknown, Path>();
    list?.forEach((one, i) => {
      const [value, path] = [of(one), [name, i, key]];
      const other = seen.get(value);
      if (value !== undefined && other) {
        const sentence = `${spell(path)} is ${JSON.stringify(one[key])}, which ${spell(other)} is already; give it another`;
        mistakes.push({ path, kind: 'wrong', sentence, expected: 'one of its own', received: one[key] });
      } else seen.set(value, path);
    });
  };
  each(disks, 'disks', 'vdevice', ({ vdevice }) => vdevice);
  each(vifs, 'vifs', 'mac', ({ mac }) => mac?.toLowerCase());
  each(usbs, 'usbs', 'path', ({ path }) => path);
  return mistakes;
}
