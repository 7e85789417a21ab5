/** Builds a program of `native/limit` when it is not there or is older than what it is made of. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './paths.ts';

const DIRECTORY = join(ROOT, 'native', 'limit');
const INCLUDE = join(ROOT, 'native', 'include');
const BUILT = join(ROOT, 'build', 'limit');

export const LIMIT = join(BUILT, 'limit');
export const DOORBELL = join(BUILT, 'doorbell');

/** Why the limit cannot be measured here, in a sentence; undefined when it has been built. */
export async function whyNoLimit(program = LIMIT): Promise<string | undefined> {
  const compiler = process.env.CXX ?? 'c++';
  const sources = [DIRECTORY, join(INCLUDE, 'ctrl_if')].flatMap((directory) =>
    readdirSync(directory).map((file) => join(directory, file)),
  );
  if (existsSync(program) && sources.every((file) => statSync(file).mtimeMs < statSync(program).mtimeMs)) {
    return undefined;
  }
  mkdirSync(BUILT, { recursive: true });
  const fresh = `${program}.${process.pid}`;
  // -march=native is left out on purpose: the addon, as it is shipped, cannot have it either.
  const args = [
    '-O3',
    '-std=c++17',
    '-Wall',
    '-Wextra',
    '-I',
    INCLUDE,
    `${join(DIRECTORY, basename(program))}.cc`,
    '-o',
    fresh,
    '-lrt',
  ];
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (error) return `there is no C++ compiler (${compiler}) to build native/limit with`;
  if (status !== 0) throw new Error(`native/limit does not compile:\n${stderr}`);
  renameSync(fresh, program); // whole or not at all
  return undefined;
}
