import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'ctrl-if-loaded-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A loader that says each module on standard error. CommonJS that is required from within is in a cache of its own. */
const LOADER = `import { writeSync } from 'node:fs';
export async function load(url, context, next) { writeSync(2, url + '\\n'); return next(url, context); }`;
const EXCHANGE = `import { register, Module } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(process.env.LOADER));
const { Controller, Guest, defineMessage, out, u32 } = await import('ctrl-if');
const messages = [defineMessage({ name: 'SQUARE', type: 11, payload: { n: u32, result: out(u32) } })];
const controller = await Controller.listen({ name: 'loaded', messages });
controller.on('domain', (domain) => domain.receive('SQUARE', ({ n }) => ({ result: n * n })));
const guest = await Guest.connect({ name: 'loaded', messages });
console.log((await guest.request({ name: 'SQUARE', n: 12 })).result);
await guest.close();
await controller.close();
console.error(Object.keys(Module._cache).join('\\n'));`;

it('a program that exchanges messages loads of the dependencies only what finds the addon', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', EXCHANGE], {
    cwd: ROOT,
    env: { ...process.env, LOADER, CTRL_IF_RUNTIME_DIR: home },
    encoding: 'utf8',
    timeout: 15_000,
  });
  expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: '144\n' });
  expect(stderr).toContain('/dist/index.js');
  const ofDependencies = stderr.split('\n').filter((module) => module.includes('/node_modules/'));
  const packages = new Set(ofDependencies.map((module) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)![1]));
  expect([...packages]).toEqual(['node-gyp-build']);
  expect(ofDependencies.length).toBeLessThanOrEqual(3);
});
