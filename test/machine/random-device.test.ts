/** A device class outside lib, in one folder: `random-device`. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ApiClient } from '../../lib/api/client.ts';
import { apiPath } from '../../lib/api/path.ts';
import { serveApi } from '../../lib/api/serve.ts';
import type { Machine } from '../../lib/machine/machine.ts';
import { Events, useMachines } from './machines.ts';
import { RANDOM_CLASS } from './random-device/class.mjs';

const start = useMachines();
const deviceClasses = [RANDOM_CLASS];
const run = (program: string) => [
  process.execPath,
  fileURLToPath(new URL(`random-device/${program}.mjs`, import.meta.url)),
];
const DRIVER = {
  name: 'driver',
  driver: true,
  command: run('driver'),
  restart: 'always',
  minimumRestartSeconds: 0,
} as const;

async function machineWithWeb(): Promise<Machine> {
  const machine = await start({ driver: DRIVER, deviceClasses });
  await machine.create({ name: 'web', command: run('guest') });
  return machine;
}

/** Reads a domain's console until `pattern` matches. */
async function readUntil(machine: Machine, domain: string, pattern: RegExp): Promise<string> {
  const console = (await machine.console(domain)).setEncoding('latin1');
  let said = '';
  for await (const text of console) {
    said += text;
    const found = pattern.exec(said);
    if (found) return found[0];
  }
  throw new Error(`the console of ${domain} ended; it said ${said}`);
}

it('a machine attaches a device of a fourth class, which carries bytes between two processes', async () => {
  const machine = await machineWithWeb();
  const device = await machine.call('randomAttach', { domain: 'web', body: { count: 32 } });
  expect(device).toMatchObject({ class: 'random', handle: 0, count: 32, frontend: 2, backend: 1, state: 'CONNECTED' });
  expect(await readUntil(machine, 'web', /0: [0-9a-f]{2,64}\r?\n/)).not.toBe('');
  expect(await machine.call('devices', { domain: 'web', class: 'random' })).toMatchObject([{ id: '32 bytes' }]);
  await machine.call('randomDetach', { domain: 'web', handle: 0 });
  expect(await machine.devices('web')).toEqual([]);
});

it('a device of a fourth class is connected again when either end restarts', async () => {
  const machine = await machineWithWeb();
  await machine.create({ name: 'db', command: run('guest'), restart: 'always', minimumRestartSeconds: 0 });
  await machine.call('randomAttach', { domain: 'db', body: {} });
  const events = new Events(machine);
  const connected = () => events.next(({ kind, result }) => kind === 'device' && result === 'CONNECTED');
  const withNewBackend = connected();
  process.kill((await machine.info('driver')).pid!, 'SIGKILL');
  await withNewBackend;
  const withNewFrontend = connected();
  process.kill((await machine.info('db')).pid!, 'SIGKILL');
  await withNewFrontend;
  expect(await machine.devices('db')).toMatchObject([{ class: 'random', handle: 0, state: 'CONNECTED' }]);
});

it('a configuration may list devices of a fourth class, and its mistakes have their paths', async () => {
  const machine = await machineWithWeb();
  const db = { name: 'db', command: run('guest'), randoms: [{ count: 8 }] };
  expect(await machine.create(db)).toMatchObject({ devices: [{ class: 'random', count: 8, state: 'CONNECTED' }] });
  const wrong = machine.create({ ...db, name: 'other', randoms: [{ count: 0 }] } as never);
  await expect(wrong).rejects.toMatchObject({ code: 'ERR_CTRL_IF_CONFIG', message: /randoms\[0\]\.count must be/ });
});

it("a machine's API has the operations of a fourth class", async () => {
  const machine = await machineWithWeb();
  const server = await serveApi(machine, { path: apiPath('lab') });
  try {
    const client = new ApiClient({ name: 'lab', deviceClasses });
    const device = await client.call('randomAttach', { domain: 'web', body: { count: 4 } });
    expect(device).toMatchObject({ class: 'random', state: 'CONNECTED' });
    expect(await client.call('devices', { domain: 'web', class: 'random' })).toMatchObject([{ count: 4 }]);
    await client.call('randomDetach', { domain: 'web', handle: 0 });
  } finally {
    await server.close();
  }
});

it('a class with the name of another is refused', async () => {
  const twice = start({ driver: false, deviceClasses: [...deviceClasses, ...deviceClasses] });
  await expect(twice).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DEFINITION', field: 'name', received: 'random' });
});
