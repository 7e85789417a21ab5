/** What npm gets when it packs a clone, or installs ctrl-if from git: `scripts/setup.mjs --prepare`. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testsNative } from '../support/engines.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['lib', 'scripts', 'binding.gyp', 'native', 'CHANGELOG.md', 'package.json', 'package-lock.json'];
const TYPESCRIPT = ['tsconfig.json', 'tsconfig.build.json'];
const DEADLINE = 90_000;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A clone whose dependencies are installed. */
function clone({ without = [] }: { without?: string[] } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'ctrl-if-clone-'));
  folders.push(folder);
  for (const source of [...SOURCES, ...TYPESCRIPT]) {
    cpSync(join(ROOT, source), join(folder, source), { recursive: true });
  }
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || without.includes(name)) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return folder;
}

/** Runs there as on a machine without a C++ compiler: to build the addon once more would tell nothing and take long. */
function run(folder: string, command: string, args: string[], env: Record<string, string> = {}) {
  const { npm_command: _, npm_config_omit: __, CTRL_IF_SETUP: ___, ...inherited } = process.env;
  const result = spawnSync(command, args, {
    cwd: folder,
    env: { ...inherited, CXX: '/nowhere/c++', ...env },
    encoding: 'utf8',
    timeout: DEADLINE,
  });
  expect(result.status, result.stderr).toBe(0);
  return result;
}

const prepare = (folder: string, env?: Record<string, string>) =>
  run(folder, process.execPath, ['scripts/setup.mjs', '--prepare'], env).stderr;

function packed(folder: string): string[] {
  const [{ files }] = JSON.parse(run(folder, 'npm', ['pack', '--json', '--loglevel=error']).stdout);
  return files.map(({ path }: { path: string }) => path);
}

describe('a clone in which nothing has been built', () => {
  let folder: string;
  beforeAll(() => {
    folder = clone();
  });

  it('is packed with the compiled package, and without an addon where there is no compiler', {
    timeout: DEADLINE,
  }, () => {
    const files = packed(folder);
    expect(files).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js']));
    expect(files.filter((file) => file.startsWith('prebuilds/') || file.endsWith('.node'))).toEqual([]);
  });

  it.each(['ci', 'install'])('has nothing left to do for the next set-up after npm %s', (command) => {
    prepare(folder, { npm_command: command });
    expect(existsSync(join(folder, 'dist/index.js'))).toBe(true);
    expect(run(folder, process.execPath, ['scripts/setup.mjs']).stderr).toBe('');
  });

  it.runIf(testsNative)(
    'is packed with its addon where there is one, and works natively then',
    { timeout: DEADLINE },
    () => {
      const built = 'build/Release/ctrl_if.node';
      cpSync(join(ROOT, built), join(folder, built));
      const files = packed(folder);
      const addons = files.filter((file) => file.startsWith('prebuilds/'));
      expect(addons).toEqual([expect.stringContaining(`prebuilds/${process.platform}-${process.arch}/ctrl-if.napi`)]);
      const installed = join(folder, 'installed');
      for (const file of files) cpSync(join(folder, file), join(installed, file));
      symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
      const choose = "import('./dist/index.js').then(({ chooseEngine }) => console.log(chooseEngine().engine))";
      const { stdout, stderr } = run(installed, process.execPath, ['-e', choose], { CTRL_IF_ENGINE: '' });
      expect({ stdout, stderr }).toEqual({ stdout: 'native\n', stderr: '' });
    },
  );
});

describe('preparing', () => {
  it('does nothing within a set-up, whose own npm ci comes here', () => {
    const folder = clone();
    expect(prepare(folder, { npm_command: 'ci', CTRL_IF_SETUP: '1' })).toBe('');
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });

  it('builds nothing, and says so, where the development dependencies were left out', () => {
    const folder = clone({ without: ['typescript'] });
    expect(prepare(folder, { npm_command: 'ci', npm_config_omit: 'dev' })).toContain('npm run setup');
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });
});
