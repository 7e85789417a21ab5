import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createRawServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ApiClient } from '../../lib/api/client.ts';
import { apiPath } from '../../lib/api/path.ts';
import { serveApi } from '../../lib/api/serve.ts';
import { operationNames } from '../../lib/machine/operations.ts';
import { FakeMachine, failed } from './fake-machine.ts';
import { serverOf, useRuntimeDirectory } from './servers.ts';

useRuntimeDirectory();

const CREDIT = { bytes: 1000, microseconds: 50_000 };
const DISK = { target: '/img/with space', vdevice: 769, mode: 'r' as const, backend: 'driver' };

/** One call of each operation that is not a stream. */
const CALLS: [operation: string, call: (machine: ApiClient | FakeMachine) => Promise<unknown>][] = [
  ['create', (machine) => machine.create({ name: 'db', disks: [DISK] })],
  ['list', (machine) => machine.list()],
  ['info', (machine) => machine.info('web')],
  ['sysrq', (machine) => machine.sysrq('web', '/')],
  ['resume', (machine) => machine.resume(1)],
  ['wait', (machine) => machine.wait('web', 'running')],
  ['memorySet', (machine) => machine.memorySet('web', 6)],
  ['vcpuSet', (machine) => machine.vcpuSet('web', 0, false)],
  ['blockAttach', (machine) => machine.blockAttach('web', DISK)],
  ['blockDetach', (machine) => machine.blockDetach('web', 769)],
  ['networkAttach', (machine) => machine.networkAttach('web', { credit: CREDIT })],
  ['networkLimit', (machine) => machine.networkLimit('web', 0, CREDIT)],
  ['networkUnlimit', (machine) => machine.networkUnlimit('web', 0)],
  ['networkDetach', (machine) => machine.networkDetach('web', 0)],
  ['usbAttach', (machine) => machine.usbAttach('web', { path: '1/2?x#%' })],
  ['devices', (machine) => machine.devices('web')],
  ['devices', (machine) => machine.devices('web', 'usb')],
  ['usbDetach', (machine) => machine.usbDetach('web', '1/2?x#%')],
  ['shutdown', (machine) => machine.shutdown('web', { reason: 'suspend', timeout: 0.5 })],
  ['destroy', (machine) => machine.destroy('web')],
  ['info', (machine) => machine.info('web')],
];

it('calls the same operations with the same results through the API as on the machine', async () => {
  const direct = new FakeMachine();
  const { machine, client } = await serverOf();
  for (const each of [direct, machine]) await each.create({ name: 'web' });
  const settled = (promise: Promise<unknown>) =>
    promise.then(
      (value) => ({ value: JSON.parse(JSON.stringify(value ?? null)) }),
      ({ code, message, subject }) => ({ code, message, subject }),
    );
  for (const [operation, call] of CALLS) {
    expect(await settled(call(client)), operation).toEqual(await settled(call(direct)));
    expect(machine.asked, operation).toEqual(direct.asked);
  }
  expect(new Set(CALLS.map(([operation]) => operation))).toEqual(new Set(operationNames));
});

describe('the API of a name', () => {
  it('belongs to one machine', async () => {
    const { client } = await serverOf();
    await expect(serverOf()).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NAME_IN_USE', subject: 'test' });
    expect(await client.list()).toEqual([]);
  });

  it('is taken over from a machine that died', async () => {
    const path = apiPath('test');
    // A server that has died and left its socket.
    const dead = createRawServer().listen(path);
    await once(dead, 'listening');
    const { linkSync, unlinkSync } = await import('node:fs');
    linkSync(path, `${path}.kept`);
    dead.close();
    await once(dead, 'close');
    linkSync(`${path}.kept`, path);
    unlinkSync(`${path}.kept`);
    const { client } = await serverOf();
    expect(await client.list()).toEqual([]);
  });

  it('is free after close(), which may be called repeatedly', async () => {
    const { server } = await serverOf();
    await Promise.all([server.close(), server.close()]);
    await server.close();
    const again = await serveApi(new FakeMachine(), { path: server.path });
    await again.close();
  });

  it('is found by the name', () => {
    expect(new ApiClient({ name: 'lab' }).path).toMatch(/\/lab\.api$/);
    expect(() => new ApiClient({ name: '../lab' })).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_NAME' }));
  });
});

describe('a client of', () => {
  const servedBy = async (serve: (socket: Socket) => void) => {
    const server = createRawServer(serve).listen(apiPath('odd'));
    await once(server, 'listening');
    return {
      client: new ApiClient({ name: 'odd' }),
      [Symbol.asyncDispose]: async () => void (await new Promise((resolve) => server.close(resolve))),
    };
  };

  it('a machine that does not run gets the advice to start one', async () => {
    const client = new ApiClient({ name: 'nobody' });
    await expect(client.list()).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_NO_CONTROLLER',
      message: expect.stringContaining('ctrl-if machine'),
    });
  });

  it('an API that dies in the middle of an answer gets ERR_CTRL_IF_CLOSED', async () => {
    await using odd = await servedBy((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{'));
    });
    await expect(odd.client.list()).rejects.toMatchObject({ code: 'ERR_CTRL_IF_CLOSED' });
    await expect(odd.client.watch()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_CLOSED',
    });
  });

  it('an API that dies before its answer gets ERR_CTRL_IF_CLOSED', async () => {
    await using odd = await servedBy((socket) => socket.once('data', () => socket.destroy()));
    await expect(odd.client.list()).rejects.toMatchObject({ code: 'ERR_CTRL_IF_CLOSED' });
  });

  it('a server that is not an API gets an error with its answer', async () => {
    const server = createServer((_, response) => response.writeHead(418).end('<h1>teapot</h1>')).listen(apiPath('odd'));
    await once(server, 'listening');
    await expect(new ApiClient({ name: 'odd' }).list()).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_REQUEST',
      message: expect.stringContaining('418'),
      received: '<h1>teapot</h1>',
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it('a machine that fails gets its error with all details', async () => {
    const { machine, client } = await serverOf();
    const error = Object.assign(failed('ERR_CTRL_IF_DEVICE_REFUSED', 'web'), {
      domid: 3,
      field: 'status',
      received: -8,
    });
    machine.failure = error;
    const received = await client.list().catch((error) => error);
    expect(received).toEqual(error);
    expect(received).toBeInstanceOf(Error);
    expect(received).toMatchObject({ code: error.code, domid: 3, field: 'status', received: -8, subject: 'web' });
  });

  it('a machine that refuses a configuration gets each mistake', async () => {
    const { client } = await serverOf();
    const error = await client.create({ name: 'web', memroy: 3 } as never).catch((error) => error);
    expect(error).toMatchObject({ code: 'ERR_CTRL_IF_CONFIG', mistakes: [{ path: ['memroy'], kind: 'unknown' }] });
  });
});
