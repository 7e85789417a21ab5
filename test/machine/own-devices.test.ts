/** The backend and the frontend that docs/devices.md shows, as domains of a machine. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { crossed, useMachines } from './machines.ts';

const start = useMachines();
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let home: string;

beforeAll(() => {
  const [adder, asker] = [...readFileSync(`${ROOT}docs/devices.md`, 'utf8').matchAll(/```js\n(.*?)```/gs)];
  home = mkdtempSync(join(tmpdir(), 'ctrl-if-devices-'));
  mkdirSync(join(home, 'node_modules'));
  symlinkSync(ROOT, join(home, 'node_modules', 'ctrl-if'));
  writeFileSync(join(home, 'adder.mjs'), adder![1]!);
  writeFileSync(join(home, 'asker.mjs'), asker![1]!);
});
afterAll(() => rmSync(home, { recursive: true }));

it('a driver domain of one’s own serves a guest of one’s own, beside those that come with ctrl-if', async () => {
  const machine = await start();
  const run = (program: string) => [process.execPath, join(home, program)];
  await machine.create({ name: 'adder', driver: true, command: run('adder.mjs') });
  const disks = [{ target: 'any', vdevice: 1, backend: 'adder' }];
  const asker = await machine.create({ name: 'asker', command: run('asker.mjs'), disks });
  expect(asker.devices).toMatchObject([{ class: 'block', backend: 2, state: 'CONNECTED' }]);
  const console = (await machine.console('asker')).setEncoding('utf8');
  let said = '';
  for await (const text of console) {
    said += text;
    if (said.includes('\n')) break;
  }
  expect(said).toBe('41 and one is 42\n');
  await machine.create({ name: 'web', disks: [{ target: 'any', vdevice: 1 }] });
  expect(await crossed(machine, 'web', 'block')).toMatchObject({ backend: 1 });
});
