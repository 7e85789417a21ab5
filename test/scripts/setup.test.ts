/** What npm gets when it packs a clone, or installs ctrl-if from git: `scripts/setup.mjs --prepare`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { clone, DEADLINE, pack, run } from './clones.ts';

const prepare = (folder: string, env?: Record<string, string>) =>
  run(folder, process.execPath, ['scripts/setup.mjs', '--prepare'], env).stderr;

describe('a clone in which nothing has been built', () => {
  let folder: string;
  beforeAll(() => {
    folder = clone();
  });

  it('is packed with the compiled package, and without an addon where there is no compiler', {
    timeout: DEADLINE,
  }, () => {
    const { files } = pack(folder);
    expect(files).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js']));
    expect(files.filter((file) => file.startsWith('prebuilds/') || file.endsWith('.node'))).toEqual([]);
  });

  it.each(['ci', 'install'])('has nothing left to do for the next set-up after npm %s', (command) => {
    prepare(folder, { npm_command: command });
    expect(existsSync(join(folder, 'dist/index.js'))).toBe(true);
    expect(run(folder, process.execPath, ['scripts/setup.mjs']).stderr).toBe('');
  });
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
