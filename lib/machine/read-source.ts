import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CtrlIfError } from '../errors.ts';
import type { Source } from './source.ts';

/**
 * Reads a JSON or TOML file. The extension of `path` must be `.json` or `.toml`.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_CONFIG` if the extension is another, the file cannot be read or its content is not valid
 */
export async function readSource(path: string): Promise<Source> {
  const kind = extname(path).toLowerCase();
  if (kind !== '.json' && kind !== '.toml') {
    throw new CtrlIfError('ERR_CTRL_IF_CONFIG', `${path} ends neither in .json nor in .toml`, {
      advice: 'rename it',
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
  // A parser is loaded only when it is used, because it would delay every start of the command line.
  if (kind === '.json') return (await import('./json-source.ts')).readJSON(text, path);
  return (await import('./toml-source.ts')).readTOML(text, path);
}
