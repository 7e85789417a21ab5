import { statSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { openapi } from '../../lib/api/openapi.ts';
import { DEVICE_CLASSES } from '../../lib/device/classes/index.ts';
import type { CtrlIfErrorCode } from '../../lib/errors.ts';
import { operations } from '../../lib/machine/operations.ts';
import type { Operation } from '../../lib/schema/operation.ts';
import { FakeMachine, failed } from './fake-machine.ts';
import { type Answer, ask, serverOf, useRuntimeDirectory } from './servers.ts';

useRuntimeDirectory();

const DESCRIPTION = JSON.parse(JSON.stringify(openapi({ operations, deviceClasses: DEVICE_CLASSES }, '1.2.3')));
const ajv = new Ajv2020({ strict: false });
ajv.addSchema(DESCRIPTION, 'api');

/** Checks an answer against the description of its operation. */
function conforms(method: string, path: string, { status, type, body }: Answer): void {
  const operation = DESCRIPTION.paths[path]?.[method.toLowerCase()];
  expect(operation, `${method} ${path} is not described`).toBeDefined();
  const response = operation.responses[status] ? String(status) : 'default';
  const content = operation.responses[response].content;
  if (!content) {
    expect(body).toBe('');
    return;
  }
  expect(Object.keys(content)).toEqual([type]);
  const pointer = ['paths', path, method.toLowerCase(), 'responses', response, 'content', type!, 'schema']
    .map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const validate = ajv.compile({ $ref: `api#/${pointer}` });
  expect(validate(body), JSON.stringify([validate.errors, body])).toBe(true);
}

async function machineWithWeb(): Promise<FakeMachine> {
  const machine = new FakeMachine();
  await machine.create({
    name: 'web',
    memory: 16,
    maxMemory: 32,
    vcpus: 2,
    disks: [{ target: '/img', vdevice: 768 }],
    vifs: [{}],
    usbs: [{ path: '1/2' }],
  });
  machine.asked.length = 0;
  return machine;
}

const DISK = { target: '/img/b', vdevice: 769, mode: 'r' };
const CREDIT = { bytes: 1000, microseconds: 50_000 };

/** One request for each route that is not a stream. */
const REQUESTS: Record<string, [method: string, path: string, body: unknown, status: number, asked: unknown[]]> = {
  list: ['GET', '/domains', undefined, 200, ['list']],
  create: ['POST', '/domains', { name: 'db' }, 201, ['create', { name: 'db' }]],
  info: ['GET', '/domains/web', undefined, 200, ['info', 'web']],
  destroy: ['DELETE', '/domains/1', undefined, 200, ['destroy', 1]],
  shutdown: [
    'POST',
    '/domains/web/shutdown',
    { reason: 'reboot', timeout: 3 },
    200,
    ['shutdown', 'web', { reason: 'reboot', timeout: 3 }],
  ],
  resume: ['POST', '/domains/web/resume', undefined, 200, ['resume', 'web']],
  sysrq: ['POST', '/domains/web/sysrq', { key: 's' }, 204, ['sysrq', 'web', 's']],
  wait: ['GET', '/domains/web/wait?state=suspended', undefined, 200, ['wait', 'web', 'suspended']],
  memorySet: ['PUT', '/domains/web/memory', { target: 24 }, 200, ['memorySet', 'web', 24]],
  vcpuSet: ['PUT', '/domains/web/vcpus/1', { on: false }, 200, ['vcpuSet', 'web', 1, false]],
  devices: ['GET', '/domains/web/devices?class=usb', undefined, 200, ['devices', 'web', 'usb']],
  blockAttach: ['POST', '/domains/web/disks', DISK, 201, ['blockAttach', 'web', DISK]],
  blockDetach: ['DELETE', '/domains/web/disks/768', undefined, 204, ['blockDetach', 'web', 768]],
  networkAttach: ['POST', '/domains/web/vifs', {}, 201, ['networkAttach', 'web', {}]],
  networkDetach: ['DELETE', '/domains/web/vifs/1', undefined, 204, ['networkDetach', 'web', 1]],
  networkLimit: ['PUT', '/domains/web/vifs/1/credit', CREDIT, 204, ['networkLimit', 'web', 1, CREDIT]],
  networkUnlimit: ['DELETE', '/domains/web/vifs/1/credit', undefined, 204, ['networkUnlimit', 'web', 1]],
  usbAttach: ['POST', '/domains/web/usbs', { path: '2-1' }, 201, ['usbAttach', 'web', { path: '2-1' }]],
  usbDetach: ['DELETE', '/domains/web/usbs/1%2F2', undefined, 204, ['usbDetach', 'web', '1/2']],
};

describe('each route', () => {
  it.each(Object.entries<Operation>(operations))(
    '%s: asks the machine and answers as described',
    async (id, operation) => {
      const { machine, server } = await serverOf(await machineWithWeb());
      if (id === 'resume' || id === 'wait') machine.domains[0]!.state = 'suspended';
      const [method, path, body, status, asked] = REQUESTS[id]!;
      const answer = await ask(server, method, path, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(status);
      expect(machine.asked).toEqual([asked]);
      conforms(method, operation.path, answer);
    },
  );

  it.each(Object.entries<Operation>(operations))('%s: reports an error as described', async (id, operation) => {
    const { machine, server } = await serverOf(await machineWithWeb());
    const [method, path, body] = REQUESTS[id]!;
    machine.failure = failed('ERR_CTRL_IF_DEVICE_REFUSED', 'web');
    const answer = await ask(server, method, path, body);
    expect(answer).toMatchObject({
      status: 409,
      body: {
        status: 409,
        code: 'ERR_CTRL_IF_DEVICE_REFUSED',
        subject: 'web',
        message: expect.stringContaining('web'),
      },
    });
    conforms(method, operation.path, answer);
    // The next request is answered as usual.
    expect((await ask(server, 'GET', '/domains')).status).toBe(200);
  });
});

describe('an error has the status of its code', () => {
  it.each<[CtrlIfErrorCode, number]>([
    ['ERR_CTRL_IF_VALUE', 400],
    ['ERR_CTRL_IF_DOMAIN', 404],
    ['ERR_CTRL_IF_COMMAND', 400],
    ['ERR_CTRL_IF_VCPU', 400],
    ['ERR_CTRL_IF_DEVICE_NOT_FOUND', 404],
    ['ERR_CTRL_IF_DOMAIN_EXISTS', 409],
    ['ERR_CTRL_IF_DOMAIN_STATE', 409],
    ['ERR_CTRL_IF_DEVICE_STATE', 409],
    ['ERR_CTRL_IF_PEER_DIED', 502],
    ['ERR_CTRL_IF_CLOSED', 503],
    ['ERR_CTRL_IF_TIMEOUT', 504],
    ['ERR_CTRL_IF_PAGE_NO_SPACE', 507],
    ['ERR_CTRL_IF_PAGE_SYSTEM', 500],
  ])('%s: %i', async (code, status) => {
    const { machine, server } = await serverOf();
    machine.failure = failed(code, 'web');
    const answer = await ask(server, 'GET', '/domains/web');
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status, code } });
  });

  it('and any other error is a failure of the machine', async () => {
    const { machine, server } = await serverOf();
    machine.failure = new TypeError('x is not a function');
    const answer = await ask(server, 'GET', '/domains/web');
    expect(answer).toMatchObject({ status: 500, body: { code: 'ERR_CTRL_IF_MACHINE' } });
    expect(answer.body.message).toContain('x is not a function');
    conforms('GET', '/domains/{domain}', answer);
  });

  it('with details that JSON cannot hold', async () => {
    const { machine, server } = await serverOf();
    machine.failure = Object.assign(failed('ERR_CTRL_IF_VALUE', 'web'), { received: 12n });
    expect((await ask(server, 'GET', '/domains/web')).body).toMatchObject({ received: '12' });
  });
});

describe('a malformed request', () => {
  it.each<[string, string, string, unknown, number, string, RegExp]>([
    ['nothing there', 'GET', '/nothing', undefined, 404, 'REQUEST', /openapi\.json/],
    ['a name that could be a path', 'GET', '/domains/%2e%2e', undefined, 404, 'REQUEST', /nothing at \//],
    ['another method', 'PATCH', '/domains/web', undefined, 405, 'REQUEST', /takes GET and DELETE, not PATCH/],
    [
      'a parameter that there is not',
      'GET',
      '/domains/web/devices?kind=usb',
      undefined,
      400,
      'REQUEST',
      /no parameter "kind"; it takes class/,
    ],
    [
      'a parameter of the prototype',
      'GET',
      '/domains/web/devices?__proto__=usb',
      undefined,
      400,
      'REQUEST',
      /no parameter "__proto__"/,
    ],
    [
      'a class that there is not',
      'GET',
      '/domains/web/devices?class=tape',
      undefined,
      400,
      'REQUEST',
      /"block" or "network" or "usb"/,
    ],
    [
      'a number that is none',
      'DELETE',
      '/domains/web/disks/hda',
      undefined,
      400,
      'REQUEST',
      /vdevice must be a whole number/,
    ],
    ['a processor too many', 'PUT', '/domains/web/vcpus/32', { on: true }, 400, 'REQUEST', /from 0 to 31/],
    ['no body', 'POST', '/domains', '', 400, 'CONFIG', /this is not JSON/],
    ['half a body', 'POST', '/domains', '{"name":\n', 400, 'CONFIG', /the request:2: this is not JSON/],
    [
      'an unknown key',
      'POST',
      '/domains',
      '{"name": "web",\n"memroy": 3}',
      400,
      'CONFIG',
      /the request:2: .*did you mean "memory"/,
    ],
    [
      'a contradiction',
      'POST',
      '/domains',
      '{"name": "web",\n"maxMemory": 3}',
      400,
      'CONFIG',
      /the request:2: maxMemory must be at least/,
    ],
    [
      'a wrong value',
      'PUT',
      '/domains/web/memory',
      { target: '24' },
      400,
      'CONFIG',
      /target must be a whole number of MiB/,
    ],
    [
      'a reason that there is not',
      'POST',
      '/domains/web/shutdown',
      { reason: 'crash' },
      400,
      'CONFIG',
      /"poweroff" or "reboot"/,
    ],
    ['two keys', 'POST', '/domains/web/sysrq', { key: 'ab' }, 400, 'CONFIG', /one character/],
    ['half a limit', 'PUT', '/domains/web/vifs/1/credit', { bytes: 3 }, 400, 'CONFIG', /microseconds is missing/],
    [
      'a body without end',
      'POST',
      '/domains',
      'x'.repeat((1 << 20) + 1),
      413,
      'REQUEST',
      /larger than the 1048576 bytes/,
    ],
    [
      'a console without an upgrade',
      'GET',
      '/domains/web/console',
      undefined,
      426,
      'REQUEST',
      /Upgrade: ctrl-if-console/,
    ],
    ['the switch without an upgrade', 'GET', '/switch', undefined, 426, 'REQUEST', /Upgrade: ctrl-if-switch/],
    ['the switch by another method', 'PUT', '/switch', '{}', 405, 'REQUEST', /takes GET, not PUT/],
  ])('%s', async (_, method, path, body, status, code, says) => {
    const { machine, server } = await serverOf(await machineWithWeb());
    const answer = await ask(server, method, path, body);
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { code: `ERR_CTRL_IF_${code}` } });
    expect(answer.body.message).toMatch(says);
    expect(machine.asked).toEqual([]);
    if (status === 405) expect(answer.headers.allow).toBe(path === '/switch' ? 'GET' : 'GET, DELETE');
  });
});

describe('the OpenAPI description', () => {
  it('is valid', async () => {
    const { valid, errors } = await new Validator().validate(DESCRIPTION);
    expect(errors ?? '').toEqual('');
    expect(valid).toBe(true);
  });

  it('is served and has every route', async () => {
    const { server } = await serverOf();
    const { status, body } = await ask(server, 'GET', '/openapi.json');
    expect(status).toBe(200);
    const described = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const streams = ['get /domains/{domain}/console', 'get /switch', 'get /events', 'get /openapi.json'];
    expect(described.sort()).toEqual(
      [...Object.values(operations).map(({ method, path }) => `${method} ${path}`), ...streams].sort(),
    );
    for (const id of Object.keys(operations)) expect(REQUESTS, 'a request for each').toHaveProperty(id);
  });

  it('has the schemas that requests are checked against', () => {
    const { schemas } = DESCRIPTION.components;
    const validate = ajv.compile({ $ref: 'api#/components/schemas/DomainConfig' });
    expect(Object.keys(schemas.DomainConfig.properties)).toContain('minimumRestartSeconds');
    expect(validate({ name: 'web', disks: [DISK] })).toBe(true);
    expect(validate({ name: 'web', disks: [{ ...DISK, vdev: 1 }] })).toBe(false);
  });
});

it('has a socket that only its user may open', async () => {
  const { server } = await serverOf();
  expect(statSync(server.path).mode & 0o777).toBe(0o600);
});
