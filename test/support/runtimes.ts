/** The runtimes other than Node that a guest or a controller may run in; `scripts/runtimes.mjs` installs them. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Runtime {
  name: 'deno' | 'bun';
  /** The command that runs a script, before its path; undefined when the runtime is not installed. */
  command: readonly string[] | undefined;
}

type Build = { package: string; file: string };
type Builds = Record<Runtime['name'], { version: string; x64: Build; arm64: Build }>;

const builds = JSON.parse(readFileSync(new URL('../../scripts/runtimes.json', import.meta.url), 'utf8')) as Builds;
const cache =
  process.env.CTRL_IF_RUNTIMES || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ctrl-if', 'runtimes');
const ARGUMENTS = { deno: ['run', '--allow-all', '--no-lock'], bun: ['run'] } as const;

export const RUNTIMES: readonly Runtime[] = (['deno', 'bun'] as const).map((name) => {
  const build = process.platform === 'linux' ? builds[name][process.arch as 'x64' | 'arm64'] : undefined;
  const path = build && join(cache, `${name}-${builds[name].version}`, 'node_modules', build.package, build.file);
  if (path && existsSync(path)) return { name, command: [path, ...ARGUMENTS[name]] };
  console.warn(`ctrl-if: ${name} is not installed, its tests are skipped: node scripts/runtimes.mjs installs it`);
  return { name, command: undefined };
});
