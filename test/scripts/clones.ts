/** Clones of the repository for tests of set-up and of the package. They are removed when the test file has run. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const DEADLINE = 180_000;
const ADDON = 'build/Release/ctrl_if.node';
/** The file in which set-up records what it has built. */
const STAMPS = 'node_modules/.ctrl-if-setup.json';
/** The files of the package that git has. */
const SOURCES = [
  'lib',
  'docs',
  'scripts',
  'native',
  'binding.gyp',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ctrl-if-clone-'));
  folders.push(folder);
  return folder;
}

export interface CloneOptions {
  /** Dependencies that are not installed; default: none. */
  without?: string[];
  /** Whether the clone has what has been built here; default: no. */
  built?: boolean;
}

/** A clone in which the dependencies are installed. */
export function clone({ without = [], built = false }: CloneOptions = {}): string {
  const folder = temporaryFolder();
  for (const source of SOURCES) cpSync(join(ROOT, source), join(folder, source), { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || without.includes(name)) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  for (const file of built ? ['dist', ADDON, STAMPS] : []) {
    cpSync(join(ROOT, file), join(folder, file), { recursive: true });
  }
  return folder;
}

/**
 * Runs a command there, which must succeed. There is no C++ compiler: building the addon once more
 * would take long and show nothing.
 */
export function run(folder: string, command: string, args: string[], env: Record<string, string> = {}) {
  const { npm_command: _, npm_config_omit: __, CTRL_IF_SETUP: ___, CTRL_IF_ENGINE: ____, ...inherited } = process.env;
  const result = spawnSync(command, args, {
    cwd: folder,
    env: { ...inherited, CXX: '/nowhere/c++', ...env },
    encoding: 'utf8',
    timeout: DEADLINE,
  });
  expect(result.status, `${command} ${args.join(' ')}: ${result.error?.message ?? ''}${result.stderr}`).toBe(0);
  return result;
}

/** Makes the tarball of a clone, in it. */
export function pack(folder: string): { tarball: string; files: string[] } {
  const [packed] = JSON.parse(run(folder, 'npm', ['pack', '--json', '--loglevel=error']).stdout);
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }: { path: string }) => path) };
}
