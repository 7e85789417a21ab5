/** Builds `native/limit` when it is not there or is older than what it is made of. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './paths.ts';

const DIRECTORY = join(ROOT, 'native', 'limit');
const SOURCE = join(DIRECTORY, 'limit.cc');
const INCLUDE = join(ROOT, 'native', 'include');
export const LIMIT = join(ROOT, 'build', 'limit', 'limit');

/** Why the limit cannot be measured here, in a sentence; undefined when it has been built. */
export async function whyNoLimit(): Promise<string | undefined> {
  const compiler = process.env.CXX ?? 'c++';
  const sources = [DIRECTORY, join(INCLUDE, 'ctrl_if')].flatMap((directory) =>
    readdirSync(directory).map((file) => join(directory, file)),
  );
  if (existsSync(LIMIT) && sources.every((file) => statSync(file).mtimeMs < statSync(LIMIT).mtimeMs)) {
    return undefined;
  }
  mkdirSync(dirname(LIMIT), { recursive: true });
  const fresh = `${LIMIT}.${process.pid}`;
  // -march=native is left out on purpose: the addon, as it is shipped, cannot have it either.
  const args = ['-O3', '-std=c++17', '-Wall', '-Wextra', '-I', INCLUDE, SOURCE, '-o', fresh, '-lrt'];
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (error) return `there is no C++ compiler (${compiler}) to build native/limit with`;
  if (status !== 0) throw new Error(`native/limit does not compile:\n${stderr}`);
  renameSync(fresh, LIMIT); // whole or not at all
  return undefined;
}
