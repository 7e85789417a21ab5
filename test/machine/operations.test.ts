import { describe, expect, expectTypeOf, it } from 'vitest';
import type { CtrlIfError } from '../../lib/errors.ts';
import { readJSON } from '../../lib/machine/json-source.ts';
import {
  type CallOptions,
  type DeviceInfo,
  type DiskConfig,
  type DomainConfig,
  type DomainEnd,
  type DomainInfo,
  type DomainReference,
  type MachineOperations,
  operations,
} from '../../lib/machine/operations.ts';
import { located } from '../../lib/machine/source.ts';
import { bodyOf, type Operation } from '../../lib/schema/operation.ts';
import { useMachines } from './machines.ts';

const entries = Object.entries<Operation>(operations);

describe('the table of operations', () => {
  it.each(entries)('%s: has a parameter for each step of its path, and no name twice', (_, operation) => {
    const { path, takes } = operation;
    const steps = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(takes.filter(({ place }) => place === 'path').map(({ name }) => name)).toEqual(steps);
    const inAddress = takes.filter(({ place }) => place === 'path' || place === 'query').map(({ name }) => name);
    const names = [...inAddress, ...Object.keys(bodyOf(operation)?.properties ?? {})];
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(entries)('%s: has a reply, or the status 204', (_, { reply, status }) => {
    expect(reply === undefined).toBe(status === 204);
  });

  it('gives the methods their types', () => {
    type Arguments<Name extends keyof MachineOperations> = Parameters<
      Extract<MachineOperations[Name], (...given: never[]) => unknown>
    >;
    expectTypeOf<Arguments<'vcpuSet'>>().toEqualTypeOf<
      [argument: DomainReference, argument: number, argument: boolean, options?: CallOptions]
    >();
    expectTypeOf<Arguments<'devices'>[1]>().toEqualTypeOf<'block' | 'network' | 'usb' | undefined>();
    expectTypeOf<Arguments<'blockAttach'>[1]>().toEqualTypeOf<DiskConfig>();
    expectTypeOf<Arguments<'blockDetach'>[1]>().toEqualTypeOf<number>();
    expectTypeOf<Arguments<'usbDetach'>[1]>().toEqualTypeOf<string>();
    expectTypeOf<MachineOperations['usbAttach']>().returns.resolves.toEqualTypeOf<DeviceInfo>();
    expectTypeOf<MachineOperations['wait']>().returns.resolves.toEqualTypeOf<DomainEnd | DomainInfo>();
    expectTypeOf<MachineOperations['sysrq']>().returns.resolves.toEqualTypeOf<void>();
    expectTypeOf<DomainConfig['restart']>().toEqualTypeOf<'always' | 'on-reboot' | 'never' | undefined>();
    expectTypeOf<DomainConfig['vifs']>().toEqualTypeOf<
      | readonly {
          readonly backend?: string | number;
          readonly mac?: string;
          readonly credit?: { readonly bytes: number; readonly microseconds: number };
        }[]
      | undefined
    >();
  });
});

describe('a machine in the same process', () => {
  const start = useMachines();

  it.each<[string, (machine: MachineOperations) => Promise<unknown>, string]>([
    ['a key', (machine) => machine.sysrq('web', 'ab'), 'sysrq: key must be one character of ASCII, and is "ab"'],
    [
      'a reason',
      (machine) => machine.shutdown('web', { reason: 'crash' } as never),
      'shutdown: reason must be "poweroff" or "reboot" or "suspend", and is "crash"',
    ],
    [
      'a time',
      (machine) => machine.shutdown('web', { reason: 'reboot', timeout: -1 }),
      'shutdown: timeout must be a number of seconds, 0 or more, and is -1',
    ],
    [
      'a key of a disk',
      (machine) => machine.blockAttach('web', { target: 'a', vdevice: 1, mdoe: 'r' } as never),
      'blockAttach: there is no key "mdoe" in it; did you mean "mode"?',
    ],
    [
      'the number of a disk',
      (machine) => machine.blockDetach('web', '769' as never),
      'blockDetach: vdevice must be a whole number from 0 to 65535, and is "769"',
    ],
    [
      'a class',
      (machine) => machine.devices('web', 'tape' as never),
      'devices: class must be "block" or "network" or "usb", and is "tape"',
    ],
    ['a domain', (machine) => machine.info(-1), "info: domain must be a domain's name or domid, and is -1"],
    ['a domain that is missing', (machine) => machine.info(undefined as never), 'and is undefined'],
    [
      'a limit',
      (machine) => machine.networkLimit('web', 0, { bytes: 1 } as never),
      'networkLimit: microseconds is missing',
    ],
    [
      'two devices',
      (machine) => machine.create({ name: 'db', usbs: [{ path: '1' }, { path: '1' }] }),
      'create: usbs[1].path is "1", which usbs[0].path is already',
    ],
  ])('checks %s as it does for a client', async (_, ask, sentence) => {
    const machine = await start({ driver: false });
    const error = await ask(machine).catch((error: CtrlIfError) => error);
    expect(error).toMatchObject({ code: 'ERR_CTRL_IF_CONFIG', message: expect.stringContaining(sentence) });
    expect(await machine.list()).toEqual([]);
  });

  it('gets copies of its arguments', async () => {
    const machine = await start({ driver: false });
    const config = { name: 'web', command: ['/no/such/program'] };
    const created = machine.create(config);
    config.command[0] = 'sleep';
    await expect(created).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_COMMAND',
      subject: '/no/such/program',
    });
  });

  it('reports mistakes with their lines to a caller that has the file', async () => {
    const machine = await start({ driver: false });
    const source = readJSON('{"name": "web",\n"memroy": 3,\n"disks": [{"target": "a",\n"vdevice": -1}]}', 'web.json');
    const created = located(source, (config: DomainConfig) => machine.create(config));
    await expect(created).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_CONFIG',
      subject: 'web.json:2',
      field: 'memroy',
      message:
        'web.json:2: there is no key "memroy" in it; did you mean "memory"?; ' +
        'web.json:4: disks[0].vdevice must be a whole number from 0 to 65535, and is -1',
      mistakes: [
        { where: 'web.json:2', path: ['memroy'], kind: 'unknown' },
        { where: 'web.json:4', path: ['disks', 0, 'vdevice'], kind: 'wrong' },
      ],
    });
  });
});
