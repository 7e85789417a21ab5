// Runs the addon under AddressSanitizer and LeakSanitizer, in a Node built without them (their runtime is preloaded). Node itself
// leaks at its end: a leak counts only when its stack has a frame of the addon. Every other report of the sanitizer counts.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = process.env.CXX ?? 'g++';
const runtime = execFileSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const home = mkdtempSync(join(tmpdir(), 'ctrl-if-leaks-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

const canary = join(home, 'canary.so');
execFileSync('cc', ['-shared', '-fPIC', '-o', canary, join(root, 'scripts/leaks/canary.c')]);
const found = underSanitizer(['-e', '0'], [canary]);
if (!reportsOf(found.output).some((report) => report.includes('canary.so'))) {
  fail('the sanitizer did not find a deliberate leak, so it would not find one of the addon', found.output);
}

console.error('ctrl-if: building the addon with AddressSanitizer ...');
const build = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/cmake-js/bin/cmake-js'),
    'compile',
    '-O',
    'build-cmake-leaks',
    '--CDCTRL_IF_SANITIZE=address',
  ],
  { cwd: root, encoding: 'utf8' },
);
if (build.status !== 0) fail('cmake-js failed', `${build.stdout}${build.stderr}`);

// node-gyp-build loads the addon from here instead of from the checkout.
mkdirSync(join(home, 'build/Release'), { recursive: true });
copyFileSync(join(root, 'build-cmake-leaks/Release/ctrl_if.node'), join(home, 'build/Release/ctrl_if.node'));

console.error('ctrl-if: running the workload under it ...');
const { status, output } = underSanitizer(['--expose-gc', join(root, 'scripts/leaks/workload.mjs')]);
const reports = reportsOf(output);
// A frame names its source when the addon has debug information, else its module.
const ours = reports.filter((report) => report.includes('ctrl_if.node') || report.includes(join(root, 'native/')));
const errors = /ERROR: AddressSanitizer|runtime error/.test(output);
if (ours.length > 0 || errors) fail(`${ours.length} leaks of the addon`, output);
if (!output.includes('the workload is done')) fail(`the workload ended with status ${status}`, output);
console.error(`ctrl-if: no leak of the addon; ${reports.length} leaks of Node itself were ignored`);

function underSanitizer(args, preloaded = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: {
      ...process.env,
      LD_PRELOAD: [runtime, ...preloaded].join(':'),
      ASAN_OPTIONS: 'detect_leaks=1',
      CTRL_IF_PREBUILD: home,
      CTRL_IF_RUNTIME_DIR: join(home, 'run'),
    },
  });
  return { status, output: `${stdout}${stderr}` };
}

/** The leak reports, each with its stack. */
function reportsOf(output) {
  return output.split('\n\n').filter((part) => /(Direct|Indirect) leak of/.test(part));
}

function fail(sentence, output) {
  console.error(`${output}\nctrl-if: ${sentence} (see above)`);
  process.exit(1);
}
