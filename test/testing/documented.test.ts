/** Runs the program in docs/api.md that tests a backend with `ctrl-if/testing`. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('the program of docs/api.md tests a backend in one process, and prints the output that the page gives', () => {
  const [, section] = readFileSync(`${ROOT}docs/api.md`, 'utf8').split('## Tests of drivers');
  const [, program] = /```js\n([\s\S]*?)```/.exec(section!)!;
  const [, first, second, third] = /It prints `(\w+)`, `([\w ]+)` and `(\d)`/.exec(section!)!;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program!], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual([first, second, third, '']);
});
