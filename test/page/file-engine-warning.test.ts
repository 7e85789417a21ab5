/** The warning of a process that uses the file engine without a request for it, each in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageWithoutAddon } from '../cli/cli.ts';
import { testsNative } from '../support/engines.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CODE = 'CTRL_IF_FILE_ENGINE';

let folder: string;
let installed: string;
let checkout: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctrl-if-warning-'));
  installed = packageWithoutAddon();
  checkout = packageWithoutAddon('checkout');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: string[], env: Record<string, string> = {}) {
  const { CTRL_IF_ENGINE: _, NODE_OPTIONS: __, ...inherited } = process.env;
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...inherited, ...env },
    encoding: 'utf8',
    timeout: 15_000,
  });
  return { stdout: stdout.trim(), stderr, status, warnings: stderr.split(`[${CODE}]`).length - 1 };
}

/** Runs `code` with the package at `root` as `ctrlIf`. */
function runWith(root: string, code: string, env?: Record<string, string>) {
  const url = pathToFileURL(join(root, 'dist/index.js')).href;
  return run(
    ['--input-type=module', '-e', `const URL_OF_IT = '${url}'; const ctrlIf = await import('${url}');${code}`],
    env,
  );
}

const CHOOSE = 'console.log(ctrlIf.chooseEngine().engine);';

describe('the file engine without a request for it', () => {
  it('is warned of once, with the reason, its cost, the advice, and how to disable the warning', () => {
    const { stdout, stderr, warnings } = runWith(installed, CHOOSE + CHOOSE + CHOOSE);
    expect(stdout).toBe('file\nfile\nfile');
    expect(warnings).toBe(1);
    expect(stderr).toContain(
      `[${CODE}] CtrlIfWarning: ctrl-if uses its file engine, because the addon does not load here`,
    );
    expect(stderr).toContain('No native build was found');
    expect(stderr).toContain('10 to 35 times slower');
    expect(stderr).toContain('no machine');
    expect(stderr).toContain('CTRL_IF_ENGINE=file');
    expect(stderr).toContain(`NODE_OPTIONS=--disable-warning=${CODE}`);
    expect(stderr).toContain("engine: 'file'");
  });

  it('is warned of with advice that fits: no build in an installed package, and npm run build in a checkout', () => {
    const package_ = runWith(installed, CHOOSE).stderr;
    expect(package_).toContain(`install a release that brings the addon for ${process.platform}-${process.arch}`);
    expect(package_).not.toContain('npm run build');
    expect(runWith(checkout, CHOOSE).stderr).toContain('run npm run build here');
  });

  it('is no warning but an error, with the same advice, when the native engine is requested', () => {
    const ASK = "try { ctrlIf.chooseEngine('native') } catch ({ code, message }) { console.log(code, message) }";
    const { stdout, stderr } = runWith(installed, ASK);
    expect(stdout).toMatch(
      /^ERR_CTRL_IF_ENGINE the engine option asks for the native engine, but .+; install a release/,
    );
    expect(stdout).not.toContain('npm run build');
    expect(stderr).toBe('');
    expect(runWith(checkout, ASK).stdout).toContain('; run npm run build here');
  });

  it.each([
    ['CTRL_IF_ENGINE=file', CHOOSE, { CTRL_IF_ENGINE: 'file' }],
    ["engine: 'file'", "console.log(ctrlIf.chooseEngine('file').engine);", {}],
    ['--disable-warning', CHOOSE, { NODE_OPTIONS: `--disable-warning=${CODE}` }],
  ] as const)('is not warned of with %s', (_, code, env) => {
    const { stdout, stderr } = runWith(installed, code, env);
    expect({ stdout, stderr }).toEqual({ stdout: 'file', stderr: '' });
  });

  const IN_WORKER = `
    const { Worker } = await import('node:worker_threads');
    const code = "import('" + URL_OF_IT + "').then(({ chooseEngine }) => console.log(chooseEngine().engine))";
    await new Promise((resolve) => new Worker(code, { eval: true }).once('exit', resolve));`;

  it('is not warned of again by the workers of a thread that has warned; else the worker warns', () => {
    expect(runWith(installed, CHOOSE + IN_WORKER)).toMatchObject({ stdout: 'file\nfile', warnings: 1 });
    expect(runWith(installed, IN_WORKER)).toMatchObject({ stdout: 'file', warnings: 1 });
  });

  it('is warned of by a link, too, and the link works', () => {
    const link = `
      const controller = await ctrlIf.Controller.listen({ name: 'warn' });
      const guest = await ctrlIf.Guest.connect({ name: 'warn' });
      console.log(controller.engine, guest.engine);
      await guest.close();
      await controller.close();`;
    const { stdout, warnings } = runWith(installed, link, { CTRL_IF_RUNTIME_DIR: join(folder, 'run') });
    expect({ stdout, warnings }).toEqual({ stdout: 'file file', warnings: 1 });
  });
});

describe('a program bundled by esbuild', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/ctrl-if'));
    writeFileSync(join(folder, 'program.mjs'), `import * as ctrlIf from 'ctrl-if';\n${CHOOSE}`);
  });

  async function bundle(format: 'esm' | 'cjs', external: string[] = []): Promise<string> {
    const outfile = join(folder, `${format}${external.length}`, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs');
    const entryPoints = [join(folder, 'program.mjs')];
    await build({ entryPoints, outfile, bundle: true, platform: 'node', format, external, logLevel: 'error' });
    return outfile;
  }

  it.each(['esm', 'cjs'] as const)(
    'with ctrl-if in it, as %s, uses the file engine and warns how to bundle',
    async (format) => {
      const { stdout, stderr, warnings } = run([await bundle(format)]);
      expect({ stdout, warnings }).toEqual({ stdout: 'file', warnings: 1 });
      expect(stderr).toContain('keep ctrl-if out of the bundle (esbuild: --external:ctrl-if)');
    },
  );

  it.runIf(testsNative).each(['esm', 'cjs'] as const)(
    'with ctrl-if external, as %s, uses the native engine without a warning',
    async (format) => {
      const { stdout, stderr } = run([await bundle(format, ['ctrl-if'])]);
      expect({ stdout, stderr }).toEqual({ stdout: 'native', stderr: '' });
    },
  );
});
