import { basename, delimiter, dirname, isAbsolute, join, relative } from 'node:path';

export interface Started {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  execPath: string;
}

/** By the package manager's name in `npm_config_user_agent`. */
const RUNNERS: Record<string, string> = {
  npm: 'npx ctrl-if',
  pnpm: 'pnpm exec ctrl-if',
  yarn: 'yarn ctrl-if',
  bun: 'bunx ctrl-if',
};

/** The command that runs this program again, from the directory where the user started it. */
export function invocation(started: Started = { ...process, cwd: process.cwd() }): string {
  const { argv, env, cwd, execPath } = started;
  const program = argv[1] ?? '';
  const runner = RUNNERS[env.npm_config_user_agent?.split('/')[0] ?? ''];
  // npm runs the script in the package, also when the user is elsewhere. Only inside the package is the command found.
  if (runner !== undefined && isInside(env.INIT_CWD ?? cwd, cwd)) return runner;
  const directory = dirname(program);
  if (basename(program) === 'ctrl-if') {
    if (env.PATH?.split(delimiter).includes(directory)) return 'ctrl-if';
    if (directory === join(cwd, 'node_modules', '.bin')) return RUNNERS.npm!;
    return shown(program, env.INIT_CWD ?? cwd);
  }
  return `${basename(execPath)} ${shown(program, env.INIT_CWD ?? cwd)}`;
}

function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

function shown(path: string, from: string): string {
  if (!isInside(path, from)) return path;
  const way = relative(from, path);
  return way.includes('/') ? way : `./${way}`;
}
