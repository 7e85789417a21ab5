import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CtrlIfError } from '../errors.ts';
import type { Source } from './source.ts';

/**
 * Reads a file's JSON or TOML, as its extension says.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG`: it cannot be read, or is neither
 */
export async function readSource(path: string): Promise<Source> {
  const kind = extname(path).toLowerCase();
  if (kind !== '.json' && kind !== '.toml') {
    throw new CtrlIfError('ERR_CTRL_IF_CONFIG', `${path} ends neither in .json nor in .toml`, {
      advice: 'rename it so that it does',
      subject: path,
      expected: '.json or .toml',
      received: kind,
    });
  }
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CtrlIfError('ERR_CTRL_IF_CONFIG', `${path} cannot be read (${cause.code})`, {
      advice: 'give the path of a file',
      subject: path,
      expected: 'a readable file',
      cause,
    });
  });
  // Few need a parser, and every start of the command line would pay for it.
  if (kind === '.json') return (await import('./json-source.ts')).readJSON(text, path);
  return (await import('./toml-source.ts')).readTOML(text, path);
}
