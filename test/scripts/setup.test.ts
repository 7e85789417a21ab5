/** `scripts/setup.mjs --prepare`, which npm runs when it packs a clone or installs ctrl-if from git. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { clone, DEADLINE, pack, ROOT, run } from './clones.ts';

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

  it('is built by a run of its tests, and again after each change', { timeout: DEADLINE }, () => {
    const source = join(folder, 'lib/did-you-mean.ts');
    writeFileSync(source, `${readFileSync(source, 'utf8')}export const TODAY = true;\n`);
    cpSync(join(ROOT, 'vitest.config.ts'), join(folder, 'vitest.config.ts'));
    for (const file of ['build.ts', 'skips.ts']) {
      cpSync(join(ROOT, 'test/support', file), join(folder, 'test/support', file), { recursive: true });
    }
    writeFileSync(
      join(folder, 'test/built.test.ts'),
      `import { expect, it } from 'vitest';
      it('runs what is built', async () => expect(await import('../dist/did-you-mean.js')).toHaveProperty('TODAY'));`,
    );
    run(folder, process.execPath, ['node_modules/vitest/vitest.mjs', 'run']);
  });
});

describe('preparing', () => {
  it('does nothing within a set-up, whose npm ci runs it', () => {
    const folder = clone();
    expect(prepare(folder, { npm_command: 'ci', CTRL_IF_SETUP: '1' })).toBe('');
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });

  it('builds nothing, and says so, when the development dependencies were omitted', () => {
    const folder = clone({ without: ['typescript'] });
    expect(prepare(folder, { npm_command: 'ci', npm_config_omit: 'dev' })).toContain('npm run setup');
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });
});
