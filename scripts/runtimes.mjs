// Installs the other runtimes in which the tests run guests and controllers (scripts/runtimes.json), each once, in a cache
// outside the clone. They are no dependencies: each has 100 MB, npm refuses one for another system, and an installation of
// ctrl-if from git would include them all.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const runtimes = JSON.parse(readFileSync(new URL('runtimes.json', import.meta.url), 'utf8'));
// test/support/runtimes.ts has the same path.
const cache =
  process.env.CTRL_IF_RUNTIMES || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ctrl-if', 'runtimes');

for (const [name, { version, ...byArchitecture }] of Object.entries(runtimes)) {
  const build = process.platform === 'linux' ? byArchitecture[process.arch] : undefined;
  if (!build) {
    console.error(`ctrl-if: there is no ${name} for ${process.platform}-${process.arch}`);
    continue;
  }
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(join(folder, 'node_modules', build.package, build.file))) continue;
  console.error(`ctrl-if: installing ${name} ${version} in ${folder} ...`);
  mkdirSync(folder, { recursive: true });
  const spec = `${build.package}@${version}`;
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--loglevel=error', spec];
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    console.error(`ctrl-if: ${name} could not be installed; its tests will be skipped`);
    process.exitCode = 1;
  }
}
