/** The package that `npm pack` makes, which works when it is installed without scripts, a compiler or a network. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { printIfTestFails } from '../support/child-output.ts';
import { testsNative } from '../support/engines.ts';
import { clone, DEADLINE, pack, ROOT, run, temporaryFolder } from './clones.ts';

/** The oldest supported system: RHEL 8 and its rebuilds, with glibc 2.28 and the libstdc++ of GCC 8. */
const NEWEST_SYMBOLS: Record<string, string> = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11', GCC: '7.0.0' };
const PREBUILT = /^prebuilds\/[a-z0-9]+-[a-z0-9]+\/ctrl-if\.napi(\.glibc|\.musl)?\.node$/;

const isNewer = (version: string, than: string) =>
  version.localeCompare(than, 'en', { numeric: true }) > 0 && version !== than;

let packed: { tarball: string; files: string[] };
let folder: string;

describe.runIf(testsNative)('the package', () => {
  beforeAll(() => {
    folder = clone({ built: true });
    packed = pack(folder);
  }, DEADLINE);

  it('holds what runs, its types, one prebuilt addon and the docs, and nothing else', () => {
    const { files } = packed;
    const kinds: [string, RegExp][] = [
      ['code', /^dist\/.+\.js$/],
      ['types', /^dist\/.+\.d\.ts$/],
      ['addon', PREBUILT],
      ['docs', /^docs\/.+\.md$/],
      ['root', /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/],
    ];
    const count = Object.fromEntries(
      kinds.map(([kind, path]) => [kind, files.filter((file) => path.test(file)).length]),
    );
    expect(files.filter((file) => !kinds.some(([, path]) => path.test(file)))).toEqual([]);
    expect(count).toMatchObject({ addon: 1, root: 4, types: count.code });
  });

  it('has every file that package.json names, and no script that runs where it is installed', () => {
    const { exports, bin, scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const named = [...Object.values(exports), ...Object.values(bin)].flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry as Record<string, string>),
    );
    for (const file of named) expect(packed.files).toContain((file as string).replace(/^\.\//, ''));
    for (const name of ['preinstall', 'install', 'postinstall']) expect(scripts).not.toHaveProperty(name);
  });

  it('points to no source map, as it holds none', () => {
    for (const file of packed.files.filter((name) => name.startsWith('dist/'))) {
      expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(/^\/\/# sourceMappingURL=/m);
    }
  });

  it.runIf(process.platform === 'linux')('has an addon that loads on glibc 2.28', () => {
    const binary = readFileSync(join(folder, packed.files.find((file) => PREBUILT.test(file))!), 'latin1');
    const needs = new Set(
      [...binary.matchAll(/\b(GLIBC|GLIBCXX|CXXABI|GCC)_(\d+(?:\.\d+)*)\b/g)].map(([need]) => need),
    );
    expect(needs.size).toBeGreaterThan(0);
    const tooNew = [...needs].filter((need) => {
      const [library, version] = need.split('_') as [string, string];
      return isNewer(version, NEWEST_SYMBOLS[library]!);
    });
    expect(tooNew).toEqual([]);
  });
});

/**
 * The dependencies of a user, as tarballs of the packages installed here: npm uses them in place of
 * its registry.
 */
function dependencies(into: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const installed = Object.keys(packages).filter((path) => path !== '' && !packages[path].dev);
  const places = installed.map((path) => join(ROOT, path));
  const made = run(into, 'npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error', ...places]);
  return JSON.parse(made.stdout).map(({ filename }: { filename: string }) => join(into, filename));
}

describe.runIf(testsNative)('installed without scripts, compiler and network, the package', () => {
  let app: string;
  let env: Record<string, string>;

  beforeAll(() => {
    app = temporaryFolder();
    // The commands that can be run there.
    const bin = join(app, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    env = { PATH: bin, CTRL_IF_RUNTIME_DIR: join(app, 'run'), npm_config_registry: 'http://127.0.0.1:1/' };
    const tarballs = dependencies(temporaryFolder());
    const npm = run(app, 'npm', ['root', '--global']).stdout.trim();
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
    const install = [
      'install',
      '--offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      packed.tarball,
      ...tarballs,
    ];
    run(app, process.execPath, [join(npm, 'npm/bin/npm-cli.js'), ...install], env);
  }, DEADLINE);

  it('links two processes natively', { timeout: DEADLINE }, async () => {
    const message = `import { chooseEngine, Controller, Guest, defineMessage, out, u32 } from 'ctrl-if';
      const square = defineMessage({ name: 'SQUARE', type: 11, payload: { n: u32, result: out(u32) } });
      const options = { name: 'installed', messages: [square], engine: 'native' };`;
    writeFileSync(
      join(app, 'controller.js'),
      `${message}
      const controller = await Controller.listen(options);
      controller.on('domain', (domain) => domain.receive('SQUARE', ({ n }) => ({ result: n * n })));`,
    );
    writeFileSync(
      join(app, 'guest.js'),
      `${message}
      const guest = await Guest.connect({ ...options, wait: true });
      console.log((await guest.request({ name: 'SQUARE', n: 12 })).result, chooseEngine().engine);
      await guest.close();`,
    );
    const controller = spawn(process.execPath, ['controller.js'], {
      cwd: app,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    printIfTestFails(controller);
    const exited = once(controller, 'exit');
    try {
      const { stdout, stderr } = run(app, process.execPath, ['guest.js'], env);
      expect({ stdout, stderr }).toEqual({ stdout: '144 native\n', stderr: '' });
    } finally {
      controller.kill('SIGKILL');
      await exited;
    }
  });

  it('runs a machine by its command', { timeout: DEADLINE }, () => {
    const { stdout, stderr } = run(app, join(app, 'node_modules/.bin/ctrl-if'), ['demo', '--json'], env);
    expect(stdout).toContain('"BLKIF_FE_INTERFACE_CONNECT"');
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toHaveProperty('comparison.nativeMicroseconds');
    expect(stderr).not.toContain('CTRL_IF_FILE_ENGINE');
  });
});
