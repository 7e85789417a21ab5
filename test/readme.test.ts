import { type ExecFileException, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { printIfTestFails } from './support/child-output.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const api = readFileSync(join(root, 'docs/api.md'), 'utf8');
const PROGRAMS = ['messages.mjs', 'controller.mjs', 'guest.mjs'];
let home: string;

// A project of the reader's own, in which ctrl-if is installed.
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'ctrl-if-readme-'));
  mkdirSync(join(home, 'node_modules'));
  symlinkSync(root, join(home, 'node_modules', 'ctrl-if'));
  const code = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, program]) => program!);
  expect(code).toHaveLength(PROGRAMS.length);
  for (const [i, name] of PROGRAMS.entries()) writeFileSync(join(home, name), code[i]!);
});

afterAll(() => rmSync(home, { recursive: true }));

const env = () => ({ ...process.env, CTRL_IF_RUNTIME_DIR: join(home, 'run') });

function run(file: string, args: string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: home, env: env() }, (error: ExecFileException | null, stdout) =>
      resolve({ code: Number(error?.code ?? 0), stdout }),
    );
  });
}

it('has two processes, of 12 lines at most, that answer as it says, whichever is started first', async () => {
  const lines = PROGRAMS.flatMap((name) => readFileSync(join(home, name), 'utf8').trim().split('\n'));
  expect(lines.length).toBeLessThanOrEqual(12);
  const answer = run(process.execPath, ['guest.mjs']);
  const listening = spawn(process.execPath, ['controller.mjs'], {
    cwd: home,
    env: env(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  printIfTestFails(listening);
  const exited = once(listening, 'exit');
  try {
    expect(await answer).toEqual({ code: 0, stdout: '144\n' });
    expect(await run(process.execPath, ['guest.mjs'])).toEqual({ code: 0, stdout: '144\n' });
  } finally {
    listening.kill('SIGKILL');
    await exited;
  }
});

it('has commands that do what it says', async () => {
  const commands = [...readme.matchAll(/^ctrl-if (decode|encode|doctor)(.*)$/gm)];
  expect(commands).toHaveLength(3);
  const outputs = [];
  for (const [, command, rest] of commands) {
    const args = rest!.replace(/#.*/, '').trim();
    outputs.push(
      await run('/bin/sh', [
        '-c',
        `exec "$0" "$1" ${command} ${args}`,
        process.execPath,
        join(root, 'dist/cli/main.js'),
      ]),
    );
  }
  const [decoded, encoded, doctor] = outputs;
  expect(decoded).toEqual({
    code: 0,
    stdout: '{"name":"BLKIF_FE_INTERFACE_CONNECT","id":1,"handle":0,"shmemFrame":"0x1234"}\n',
  });
  const [, , hex] = /(decode) ([0-9a-f]{128})/.exec(readme)!;
  expect(encoded).toEqual({ code: 0, stdout: `${hex}\n` });
  expect(doctor!.code).toBe(0);
});

/** The program of docs/api.md that imports `name`. */
function exampleOf(name: string): string {
  const programs = [...api.matchAll(/```js\n(import .*?)```/gs)].map(([, program]) => program!);
  return programs.find((program) => program.slice(0, program.indexOf(';')).includes(name))!;
}

it('has a page on the API whose example of a ring runs', async () => {
  writeFileSync(join(home, 'ring.mjs'), exampleOf('FrontRing'));
  expect(await run(process.execPath, ['ring.mjs'])).toEqual({ code: 0, stdout: 'ping\n' });
});

it('has a page on the API whose example of a batch runs', async () => {
  writeFileSync(join(home, 'batch.mjs'), exampleOf('SabPage'));
  expect(await run(process.execPath, ['batch.mjs'])).toEqual({ code: 0, stdout: '0 1 4 9 16 25 36 49\n' });
});

it('has a page on the API whose example of a refused request runs', async () => {
  const [, example] = /```js\n(import [^`]*RequestError[^`]*)```/.exec(
    readFileSync(join(root, 'docs/api.md'), 'utf8'),
  )!;
  writeFileSync(join(home, 'refused.mjs'), example!);
  expect(await run(process.execPath, ['refused.mjs'])).toEqual({ code: 0, stdout: 'NO_FUNDS - only 100 left\n' });
});

it('fits two screens', () => {
  // Its table is generated (`npm run bench:plot`) and read at a glance.
  const written = readme.replaceAll(/<!-- generated: [\s\S]*?<!-- end -->\n\n/g, '');
  expect(written.split('\n').length).toBeLessThan(100);
});

it('names files that exist', () => {
  for (const [, path] of readme.matchAll(/\]\(([^)]+)\)/g))
    expect(() => readFileSync(join(root, path!)), path).not.toThrow(/ENOENT/);
});

it('has a machine that does what it says', { timeout: 60_000 }, async () => {
  const commands = [...readme.matchAll(/^ctrl-if ((?:create|block-attach|list|console|shutdown) .*|list)$/gm)].map(
    ([, line]) => line!.replace(/ +#.*$/, '').split(' '),
  );
  expect(commands.map(([command]) => command)).toEqual(['create', 'block-attach', 'list', 'console', 'shutdown']);
  const cli = join(root, 'dist/cli/main.js');
  const machine = spawn(process.execPath, [cli, 'machine'], {
    cwd: home,
    env: env(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  printIfTestFails(machine);
  const exited = once(machine, 'exit');
  try {
    await once(machine.stdout, 'data');
    const [image] = /^truncate .*$/m.exec(readme)!;
    expect(await run('/bin/sh', ['-c', image])).toMatchObject({ code: 0 });
    for (const command of commands) {
      if (command[0] === 'console') {
        const console = spawn(process.execPath, [cli, ...command], {
          cwd: home,
          env: env(),
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        printIfTestFails(console);
        expect(String(await once(console.stdout, 'data'))).toContain('$');
        console.kill('SIGKILL');
      } else {
        expect(await run(process.execPath, [cli, ...command]), command.join(' ')).toMatchObject({ code: 0 });
      }
    }
  } finally {
    machine.kill('SIGTERM');
    await exited;
  }
});
