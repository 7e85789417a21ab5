/** The modules that a process loads for a task. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = new URL('../..', import.meta.url);
/** Prints each module that is loaded. */
const HOOK = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  import { register } from 'node:module';
  const load = "import { writeSync } from 'node:fs'; export const load = (url, context, next) => { writeSync(2, 'loaded ' + url + '\\\\n'); return next(url, context); }";
  register('data:text/javascript,' + encodeURIComponent(load));
`)}`;

/** The packages and the modules that a process with these arguments loads. */
function loadedBy(...args: string[]): { packages: string[]; modules: string[] } {
  const { stderr } = spawnSync(process.execPath, ['--import', HOOK, ...args], { encoding: 'utf8' });
  const modules = [...stderr.matchAll(/^loaded (.*)$/gm)].map(([, url]) => url!);
  const packages = modules.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  return { packages: [...new Set(packages)].sort(), modules: modules.map((url) => url.replace(ROOT.href, '')) };
}

const importing = (entry: string) => ['--input-type=module', '-e', `import '${new URL(entry, ROOT).href}'`];

it('a program that links two processes loads no schema library, server, parser or command line', () => {
  const { packages, modules } = loadedBy(...importing('dist/index.js'));
  expect(modules).toContain('dist/index.js');
  expect(packages).toEqual([]);
});

it("a client of a machine's API loads neither its server nor its machine nor a schema library", () => {
  const { packages, modules } = loadedBy(...importing('dist/api/index.js'));
  expect(modules).toContain('dist/api/client.js');
  expect(modules).not.toContain('dist/api/server.js');
  expect(modules).not.toContain('dist/machine/machine.js');
  expect(packages).toEqual([]);
});

it('a command that calls a machine loads commander and no other package', () => {
  const main = fileURLToPath(new URL('dist/cli/main.js', ROOT));
  const { packages, modules } = loadedBy(main, 'list', '--name', 'nobody');
  expect(modules).toContain('dist/api/client.js');
  expect(modules).not.toContain('dist/machine/machine.js');
  expect(packages).toEqual(['commander']);
});
