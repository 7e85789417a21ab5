// Sets up a clone: installs the dependencies from the lock file, builds the addon, compiles the TypeScript. A step is skipped
// when none of its inputs has changed since it last succeeded. It uses plain Node, because it runs before there are
// dependencies.
//
// npm runs it with --prepare before it packs a package, and after npm ci and npm install in a clone. That makes dist and the
// addon when ctrl-if is installed from git. With --build it does not install dependencies: vitest runs it so before its tests.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamps = join(root, 'node_modules', '.ctrl-if-setup.json');
const force = process.argv.includes('--force');
const preparing = process.argv.includes('--prepare');
const building = process.argv.includes('--build');
/** Set for the npm that this script runs, so that npm does not run the script again. */
const RUNNING = 'CTRL_IF_SETUP';
const INSTALLING = ['ci', 'install'];
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
// binding.gyp and CMakeLists.txt read the same list.
const ADDON_SOURCES = readFileSync(join(root, 'native', 'sources.txt'), 'utf8')
  .trim()
  .split('\n');
const ADDON_INPUTS = ['binding.gyp', 'native/sources.txt', ...ADDON_SOURCES, 'native/include'];
const HOW_TO_GET_TOOLS =
  'ctrl-if: for the native engine, install them (Debian: apt-get install g++ make python3) and run this command again.';

if (preparing && process.env[RUNNING]) process.exit();
const hasTypeScript = existsSync(join(root, 'node_modules', 'typescript'));
if (preparing && !hasTypeScript && process.env.npm_config_omit?.includes('dev')) {
  console.error(
    'ctrl-if: nothing is built without the development dependencies; npm run setup installs them and builds',
  );
  process.exit();
}

const done = readStamps();

if (!building) {
  step('dependencies', 'installing dependencies from package-lock.json', ['package.json', 'package-lock.json'], {
    ready: () => hasTypeScript,
    isDone: preparing,
    run: () => must('npm ci', npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error']),
  });
}
const missing = missingTools();
if (missing.length === 0) {
  step('addon', 'building the native addon', ADDON_INPUTS, {
    ready: () => existsSync(join(root, 'build', 'Release', 'ctrl_if.node')),
    run: buildAddon,
  });
} else {
  step('addon', 'checking for the tools that build the native addon', [], {
    ready: () => true,
    // Not an error: the pure-JS engine serves.
    run: () =>
      console.error(
        `ctrl-if: there is no ${missing.join(', no ')}; going on with the pure-JS engine.\n${HOW_TO_GET_TOOLS}`,
      ),
  });
}
step('typescript', 'compiling TypeScript', ['lib', 'tsconfig.json', 'tsconfig.build.json'], {
  ready: () => existsSync(join(root, 'dist', 'index.js')),
  run: () => {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    must('tsc', process.execPath, [tool('typescript', 'bin/tsc'), '-p', 'tsconfig.build.json']);
  },
});

if (preparing) packAddon();

/** Copies the addon to the folder in which node-gyp-build finds it in an installed package. */
function packAddon() {
  const built = join(root, 'build', 'Release', 'ctrl_if.node');
  if (!existsSync(built)) return;
  const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  // node-gyp-build expects the libc in the name.
  const libc = process.platform !== 'linux' ? '' : existsSync('/etc/alpine-release') ? '.musl' : '.glibc';
  mkdirSync(folder, { recursive: true });
  copyFileSync(built, join(folder, `ctrl-if.napi${libc}.node`));
}

/** Runs a step unless its inputs are the same as when it last succeeded. */
function step(name, sentence, inputs, { ready, isDone = false, run }) {
  const fingerprint = `${process.version} ${process.platform}-${process.arch} ${hashOf(inputs)}`;
  if (!force && ready() && (isDone || done[name] === fingerprint)) {
    // npm has just installed the dependencies, and the next set-up need not do it again.
    if (isDone && INSTALLING.includes(process.env.npm_command)) stamp(name, fingerprint);
    return;
  }
  const began = Date.now();
  console.error(`ctrl-if: ${sentence} ...`);
  run();
  stamp(name, fingerprint);
  console.error(`ctrl-if: ${sentence} ... done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

function stamp(name, fingerprint) {
  done[name] = fingerprint;
  mkdirSync(dirname(stamps), { recursive: true });
  writeFileSync(stamps, `${JSON.stringify(done, null, 2)}\n`);
}

function missingTools() {
  const tools = { 'C++ compiler': process.env.CXX ?? 'c++', make: 'make', python3: 'python3' };
  return Object.keys(tools).filter((name) => spawnSync(tools[name], ['--version'], { stdio: 'ignore' }).error);
}

function buildAddon() {
  const args = [tool('node-gyp', 'bin/node-gyp.js'), 'rebuild', '--loglevel=error', `--jobs=max`];
  const headers = dirname(dirname(process.execPath));
  // The headers of this Node need no download and have the right version.
  if (existsSync(join(headers, 'include', 'node', 'node_api.h'))) args.push(`--nodedir=${headers}`);
  must('node-gyp', process.execPath, args);
}

function tool(packageName, file) {
  return join(root, 'node_modules', packageName, file);
}

/** Runs a command, and shows its output only when it fails. */
function must(name, command, args) {
  const env = { ...process.env, [RUNNING]: '1' };
  const result = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
  console.error(
    `ctrl-if: ${name} failed (see above); nothing was left half-done, run the same command again after correcting the cause.`,
  );
  process.exit(1);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) for (const entry of readdirSync(path).sort()) visit(join(path, entry));
    else hash.update(path).update(readFileSync(path));
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest('hex');
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stamps, 'utf8'));
  } catch {
    return {};
  }
}
