/** The programs that docs/devices.md and docs/guests.md show, as domains of a machine. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import { image } from './images.ts';
import { crossed, useMachines } from './machines.ts';

const start = useMachines();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'ctrl-if-programs-'));
  mkdirSync(join(home, 'node_modules'));
  symlinkSync(ROOT, join(home, 'node_modules', 'ctrl-if'));
  for (const document of ['devices.md', 'guests.md']) {
    // The first line of each program names its file.
    for (const [, program, name] of readFileSync(join(ROOT, 'docs', document), 'utf8').matchAll(
      /```js\n(\/\/ (\S+\.mjs).*?)```/gs,
    )) {
      writeFileSync(join(home, name!), program!);
    }
  }
});
afterAll(() => rmSync(home, { recursive: true }));

const run = (program: string) => [process.execPath, join(home, program)];

/** Reads a domain's console until `word` arrives. Resolves with the output. */
async function readUntil(machine: Machine, domain: string, word: string): Promise<string> {
  const console = (await machine.console(domain)).setEncoding('utf8');
  let said = '';
  for await (const text of console) {
    said += text;
    if (said.includes(word)) break;
  }
  return said;
}

it('a user’s driver domain serves a user’s guest, beside those of ctrl-if', async () => {
  const machine = await start();
  await machine.create({ name: 'adder', driver: true, command: run('adder.mjs') });
  const disks = [{ target: 'any', vdevice: 1, backend: 'adder' }];
  const asker = await machine.create({ name: 'asker', command: run('asker.mjs'), disks });
  expect(asker.devices).toMatchObject([{ class: 'block', backend: 2, state: 'CONNECTED' }]);
  expect(await readUntil(machine, 'asker', '\n')).toBe('41 and one is 42\n');
  await machine.create({ name: 'web', disks: [{ target: image('any'), vdevice: 1 }] });
  expect(await crossed(machine, 'web', 'block')).toMatchObject({ backend: 1 });
});

it('a user’s guest does all that a machine asks of a guest', async () => {
  const machine = await start();
  const config = { name: 'worker', command: run('worker.mjs'), memory: 4, maxMemory: 8, vcpus: 2 };
  await machine.create({ ...config, minimumRestartSeconds: 0, disks: [{ target: image('any'), vdevice: 1 }] });
  expect(await readUntil(machine, 'worker', '\n')).toBe('worker has block 0\n');

  expect(await machine.memorySet('worker', 6)).toMatchObject({ reached: 6, state: 'done' });
  expect(await machine.vcpuSet('worker', 1, false)).toEqual([true, false]);
  await machine.sysrq('worker', 'h');
  expect(await readUntil(machine, 'worker', 'SysRq h\n')).toBe('VCPU 1 is off\nSysRq h\n');

  expect(await machine.shutdown('worker', { reason: 'suspend' })).toEqual({ name: 'worker', how: 'suspend' });
  expect(await machine.info('worker')).toMatchObject({ state: 'suspended', devices: [{ state: 'WAITING' }] });
  expect(await machine.resume('worker')).toMatchObject({ state: 'running', devices: [{ state: 'CONNECTED' }] });

  const again = machine.wait('worker', 'starting').then(() => machine.wait('worker', 'running'));
  expect(await machine.shutdown('worker', { reason: 'reboot' })).toMatchObject({ how: 'reboot', exitCode: 0 });
  expect(await again).toMatchObject({ restarts: 1 });
  expect(await machine.shutdown('worker', { reason: 'poweroff' })).toMatchObject({ how: 'poweroff', exitCode: 0 });
});
