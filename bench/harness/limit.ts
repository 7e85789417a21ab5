/** Builds a program of `native/limit` when it is not there or is older than what it is made of. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Setting } from './case.ts';
import { ROOT } from './paths.ts';
import { type Outcome, runCommand } from './process.ts';

const DIRECTORY = join(ROOT, 'native', 'limit');
const INCLUDE = join(ROOT, 'native', 'include');
const BUILT = join(ROOT, 'build', 'limit');

export type LimitProgram = 'limit' | 'doorbell';

/** Runs one of the programs, with each option as `--name value`. */
export function runLimit<T>(
  name: LimitProgram,
  args: readonly string[],
  options: Readonly<Record<string, number>>,
  setting: Setting,
): Promise<Outcome<T>> {
  const given = Object.entries(options).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const pinned = setting.cpus ? ['--cpus', setting.cpus.join(',')] : [];
  return runCommand([join(BUILT, name), ...args, ...given, ...pinned], setting);
}

/** Why it cannot run here, in a sentence; undefined when it has been built. */
export async function whyNoLimit(name: LimitProgram): Promise<string | undefined> {
  const program = join(BUILT, name);
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
  const flags = ['-O3', '-std=c++17', '-Wall', '-Wextra', '-I', INCLUDE];
  const args = [...flags, join(DIRECTORY, `${name}.cc`), '-o', fresh, '-lrt'];
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (error) return `there is no C++ compiler (${compiler}) to build native/limit with`;
  if (status !== 0) throw new Error(`native/limit does not compile:\n${stderr}`);
  renameSync(fresh, program); // whole or not at all
  return undefined;
}
