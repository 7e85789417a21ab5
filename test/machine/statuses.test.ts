/** Every status of the header, sent by a real backend, frontend or controller: three processes. */
import { describe, expect, it } from 'vitest';
import type { Controller } from '../../lib/index.ts';
import * as constants from '../../lib/wire/constants.ts';
import { describeBeStatus } from '../../lib/wire/index.ts';
import { image } from './images.ts';
import { type ScriptedDomain, useScriptedDomains } from './scripted-domains.ts';

const start = useScriptedDomains();

interface Names {
  readonly prefix: 'BLKIF' | 'NETIF' | 'USBIF';
  /** The name of the class in the guest's shell. */
  readonly shell: string;
  readonly type: number;
  readonly status: string;
  readonly handle: string | undefined;
  /** The frame fields of the backend's CONNECT and of the frontend's. */
  readonly frames: readonly string[];
}
const CLASSES: readonly Names[] = [
  {
    prefix: 'BLKIF',
    shell: 'block',
    type: constants.CMSG_BLKIF_BE,
    status: 'INTERFACE_STATUS',
    handle: 'blkifHandle',
    frames: ['shmemFrame'],
  },
  {
    prefix: 'NETIF',
    shell: 'network',
    type: constants.CMSG_NETIF_BE,
    status: 'INTERFACE_STATUS',
    handle: 'netifHandle',
    frames: ['txShmemFrame', 'rxShmemFrame'],
  },
  {
    prefix: 'USBIF',
    shell: 'usb',
    type: constants.CMSG_USBIF_BE,
    status: 'INTERFACE_STATUS_CHANGED',
    handle: undefined,
    frames: ['shmemFrame'],
  },
];

/** The name of the constant. */
const said = new Set<string>();

/** Sends a request to a backend. Resolves with the name of its status. */
function asking(driver: ScriptedDomain, { prefix, type, handle }: Names) {
  return async (name: string, fields: Record<string, unknown> = {}, domid = 2): Promise<string> => {
    const id = handle ? { domid, [handle]: fields.handle ?? 0 } : { domid };
    const { handle: _, ...rest } = fields;
    const { status } = await driver.request(`${prefix}_BE_${name}`, { ...id, ...rest });
    const described = describeBeStatus(type, status as number)!.name;
    said.add(described);
    return described.replace(/^.*_BE_STATUS_/, '');
  };
}

/** Makes the guest's frontend grant its frames. Resolves with the fields for CONNECT. */
async function granted(
  { controller, driver, guest }: { controller: Controller; driver: ScriptedDomain; guest: ScriptedDomain },
  names: Names,
) {
  const connect = guest.next(`${names.prefix}_FE_INTERFACE_CONNECT`);
  await report(guest, names, 'DISCONNECTED', driver.domid);
  const message = await connect;
  const [evtchn, port] = await controller.channels.connect(driver.domid, guest.domid);
  const frames = Object.fromEntries(names.frames.map((field) => [field, message[field]]));
  return { fields: { ...frames, evtchn, ...(names.prefix === 'USBIF' && { bandwidth: 500 }) }, port };
}

/** Sends INTERFACE_STATUS to the frontend. */
async function report(
  guest: ScriptedDomain,
  { prefix, status }: Names,
  word: string,
  domid: number,
  evtchn = 0,
): Promise<void> {
  const constant = `${prefix}_INTERFACE_STATUS_${word}`;
  const value = (constants as unknown as Record<string, number>)[constant]!;
  const zeros =
    prefix === 'BLKIF'
      ? { handle: 0 }
      : prefix === 'NETIF'
        ? { handle: 0, mac: '00:16:3e:00:00:01' }
        : { bandwidth: 500, numPorts: 1 };
  await guest.request(`${prefix}_FE_${status}`, { ...zeros, status: value, evtchn, domid });
}

const macs = { mac: '00:16:3e:00:00:01', beMac: '00:00:00:00:00:00' };
const createOf = ({ prefix }: Names) => (prefix === 'NETIF' ? macs : {});

describe.each(CLASSES)('the statuses of a $shell backend', (names) => {
  it('of an interface: in the order of PROTOCOL.md 2.3, 2.6 and 2.9', async () => {
    const domains = await start();
    const ask = asking(domains.driver, names);
    const { fields } = await granted(domains, names);
    for (const name of ['DESTROY', 'DISCONNECT']) expect(await ask(name)).toBe('INTERFACE_NOT_FOUND');
    expect(await ask('CONNECT', fields)).toBe('INTERFACE_NOT_FOUND');
    expect(await ask('CREATE', createOf(names))).toBe('OKAY');
    expect(await ask('CREATE', createOf(names))).toBe('INTERFACE_EXISTS');

    const wrong = (frame: bigint) => ({
      ...fields,
      ...Object.fromEntries(names.frames.map((field) => [field, frame])),
    });
    // Its control page, a frame without a grant, a frame beyond its memory, and a frame beyond any memory.
    for (const frame of [0n, 1000n, 1n << 20n, (1n << 64n) - 1n]) {
      expect(await ask('CONNECT', wrong(frame))).toBe('MAPPING_ERROR');
    }
    expect(await ask('CONNECT', { ...fields, evtchn: 4000 })).toBe('ERROR');
    expect(await ask('CONNECT', fields)).toBe('OKAY');

    expect(await ask('CONNECT', fields)).toBe('INTERFACE_CONNECTED');
    // Block and USB check the frames first, the network its state (PROTOCOL.md 2.6).
    expect(await ask('CONNECT', wrong(1000n))).toBe(names.prefix === 'NETIF' ? 'INTERFACE_CONNECTED' : 'MAPPING_ERROR');
    expect(await ask('DESTROY')).toBe('INTERFACE_CONNECTED');
    expect(await ask('CREATE', createOf(names))).toBe('INTERFACE_EXISTS');
    expect(await ask('DISCONNECT')).toBe('OKAY');
    expect(await ask('DISCONNECT')).toBe('OKAY');
    expect(await ask('DESTROY')).toBe('OKAY');
    expect(await ask('DESTROY')).toBe('INTERFACE_NOT_FOUND');
  });

  it('OUT_OF_MEMORY, and the existing interfaces stay', async () => {
    const { driver } = await start();
    const ask = asking(driver, names);
    const create = (i: number) => ask('CREATE', { ...createOf(names), handle: i }, names.handle ? 2 : i + 2);
    const answers = await Promise.all(Array.from({ length: 1025 }, (_, i) => create(i)));
    expect(answers).toEqual([...new Array(1024).fill('OKAY'), 'OUT_OF_MEMORY']);
    expect(await ask('DESTROY')).toBe('OKAY');
    expect(await create(1024)).toBe('OKAY');
  });
});

it('the statuses of VBDs', async () => {
  const { driver } = await start();
  const ask = asking(driver, CLASSES[0]!);
  const targets = new Map([[7, '/no/such/device']]);
  driver.domain.controlSocket.answer('disk-target', ({ pdevice }) => ({
    target: targets.get(pdevice) ?? image('img'),
    mode: 'r',
  }));
  const vbd = (vdevice: number, pdevice = 1) => ({ vdevice, pdevice, devHandle: 0, readonly: 1 });
  expect(await ask('VBD_CREATE', vbd(769))).toBe('INTERFACE_NOT_FOUND');
  expect(await ask('VBD_DESTROY', { vdevice: 769 })).toBe('INTERFACE_NOT_FOUND');
  await ask('CREATE');
  expect(await ask('VBD_CREATE', vbd(769, 7))).toBe('PHYSDEV_NOT_FOUND');
  expect(await ask('VBD_DESTROY', { vdevice: 769 })).toBe('VBD_NOT_FOUND');
  expect(await ask('VBD_CREATE', vbd(769))).toBe('OKAY');
  // VBD_EXISTS comes before the check of the device.
  expect(await ask('VBD_CREATE', vbd(769, 7))).toBe('VBD_EXISTS');
  for (let vdevice = 1000; vdevice < 1255; vdevice++) expect(await ask('VBD_CREATE', vbd(vdevice))).toBe('OKAY');
  expect(await ask('VBD_CREATE', vbd(1255))).toBe('OUT_OF_MEMORY');
  expect(await ask('VBD_DESTROY', { vdevice: 769 })).toBe('OKAY');
  expect(await ask('VBD_DESTROY', { vdevice: 769 })).toBe('VBD_NOT_FOUND');
});

it('the statuses of a credit limit', async () => {
  const { driver } = await start();
  const ask = asking(driver, CLASSES[1]!);
  const limit = { creditBytes: 1500, periodUsec: 1000 };
  expect(await ask('CREDITLIMIT', limit)).toBe('INTERFACE_NOT_FOUND');
  await ask('CREATE', macs);
  expect(await ask('CREDITLIMIT', limit)).toBe('OKAY');
});

it('the statuses of USB ports', async () => {
  const { driver } = await start();
  const ask = asking(driver, CLASSES[2]!);
  const port = (usbifPort: number, path = `1-${usbifPort}`) => ({ usbifPort, path });
  expect(await ask('CLAIM_PORT', port(1))).toBe('INTERFACE_NOT_FOUND');
  await ask('CREATE');
  await ask('CREATE', {}, 3);
  expect(await ask('CLAIM_PORT', port(1))).toBe('OKAY');
  expect(await ask('CLAIM_PORT', port(2, '1-1'))).toBe('ERROR');
  expect(await ask('CLAIM_PORT', port(1, '1-1'), 3)).toBe('ERROR');
  for (let number = 2; number <= 128; number++) expect(await ask('CLAIM_PORT', port(number))).toBe('OKAY');
  expect(await ask('CLAIM_PORT', port(129))).toBe('OUT_OF_MEMORY');
  await driver.request('USBIF_BE_RELEASE_PORT', { path: '1-1' });
  expect(await ask('CLAIM_PORT', port(1), 3)).toBe('OKAY');
  await expect(driver.request('USBIF_BE_RELEASE_PORT', { path: '9-9' })).rejects.toMatchObject({
    code: 'ERR_CTRL_IF_NOT_UNDERSTOOD',
  });
});

describe.each(CLASSES)('the statuses for a $shell frontend', (names) => {
  it('make it grant its frames, use them and end the grants', async () => {
    const domains = await start();
    const { driver, guest } = domains;
    const ask = asking(driver, names);
    const crossed = new Promise((resolve) => {
      guest.domain.controlSocket.answer('device-crossed', (report) => {
        resolve(report);
      });
    });
    await ask('CREATE', createOf(names));
    const first = await granted(domains, names);
    expect(await ask('CONNECT', first.fields)).toBe('OKAY');
    await report(guest, names, 'CONNECTED', driver.domid, first.port);
    expect(await crossed).toMatchObject({ port: first.port });
    if (names.prefix !== 'USBIF') await report(guest, names, 'CHANGED', driver.domid, first.port);
    expect(await ask('DISCONNECT')).toBe('OKAY');
    const again = await granted(domains, names);
    expect(await ask('CONNECT', again.fields)).toBe('OKAY');
    expect(await ask('DISCONNECT')).toBe('OKAY');
    await report(guest, names, names.prefix === 'USBIF' ? 'DESTROYED' : 'CLOSED', 0);
    // The frontend grants no frame any more.
    expect(await ask('CONNECT', again.fields)).toBe('MAPPING_ERROR');
    for (const [, word] of guest.log.map((entry) => /INTERFACE_STATUS\S* ([A-Z]+)$/.exec(entry) ?? [])) {
      if (word) said.add(`${names.prefix}_INTERFACE_STATUS_${word}`);
    }
  });

  it('and the statuses that either driver sends', async () => {
    const { driver, guest } = await start();
    for (const [domain, side] of [[driver, 'BE'] as const, [guest, 'FE'] as const]) {
      const name = `${names.prefix}_${side}_DRIVER_STATUS${names.prefix === 'USBIF' ? '_CHANGED' : ''}`;
      for (const [word, status] of [['DOWN', 0] as const, ['UP', 1] as const]) {
        const reported = domain.next(name);
        domain.domain.console.write(`${word.toLowerCase()} ${names.shell}\r`);
        expect(await reported).toMatchObject({ status });
        said.add(`${names.prefix}_DRIVER_STATUS_${word}`);
      }
    }
  });
});

it('the answers to a VCPU order and a memory order', async () => {
  const { guest } = await start();
  expect(await guest.request('VCPU_HOTPLUG_OFF', { vcpu: 1 })).toMatchObject({ status: 1 });
  expect(await guest.request('VCPU_HOTPLUG_OFF', { vcpu: 0 })).toMatchObject({ status: 0 });
  expect(await guest.request('VCPU_HOTPLUG_ON', { vcpu: 2 })).toMatchObject({ status: 0 });
  expect(await guest.request('MEM_REQUEST_SET', { target: 1024 })).toMatchObject({ status: 0 });
});

it('are all that the header has', () => {
  const all = Object.keys(constants).filter((name) => /_(BE_STATUS|INTERFACE_STATUS|DRIVER_STATUS)_[A-Z]/.test(name));
  const statuses = all.filter((name) => !name.startsWith('CMSG_') && !name.endsWith('_ERRORS'));
  expect([...said].sort()).toEqual(statuses.sort());
});
