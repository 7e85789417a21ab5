/** Every status of the header, said by a process that means it: a backend's, a frontend's and a controller's of three. */
import { describe, expect, it } from 'vitest';
import type { Controller } from '../../lib/index.ts';
import * as constants from '../../lib/wire/constants.ts';
import { describeBeStatus } from '../../lib/wire/index.ts';
import { image } from './images.ts';
import { type Party, useParties } from './parties.ts';

const start = useParties();

interface Names {
  readonly of: 'BLKIF' | 'NETIF' | 'USBIF';
  /** In the guest's shell. */
  readonly shell: string;
  readonly type: number;
  readonly status: string;
  readonly handle: string | undefined;
  /** A CONNECT's frame fields, and those of the frontend's. */
  readonly frames: readonly string[];
}
const CLASSES: readonly Names[] = [
  {
    of: 'BLKIF',
    shell: 'block',
    type: constants.CMSG_BLKIF_BE,
    status: 'INTERFACE_STATUS',
    handle: 'blkifHandle',
    frames: ['shmemFrame'],
  },
  {
    of: 'NETIF',
    shell: 'network',
    type: constants.CMSG_NETIF_BE,
    status: 'INTERFACE_STATUS',
    handle: 'netifHandle',
    frames: ['txShmemFrame', 'rxShmemFrame'],
  },
  {
    of: 'USBIF',
    shell: 'usb',
    type: constants.CMSG_USBIF_BE,
    status: 'INTERFACE_STATUS_CHANGED',
    handle: undefined,
    frames: ['shmemFrame'],
  },
];

/** As the constants are called. */
const said = new Set<string>();

/** Asks a backend, and says what it answered, by name. */
function asking(driver: Party, { of, type, handle }: Names) {
  return async (name: string, fields: Record<string, unknown> = {}, domid = 2): Promise<string> => {
    const id = handle ? { domid, [handle]: fields.handle ?? 0 } : { domid };
    const { handle: _, ...rest } = fields;
    const { status } = await driver.request(`${of}_BE_${name}`, { ...id, ...rest });
    const described = describeBeStatus(type, status as number)!.name;
    said.add(described);
    return described.replace(/^.*_BE_STATUS_/, '');
  };
}

/** Has the guest's frontend grant its frames; resolves with what CONNECT is to say. */
async function granted(
  { controller, driver, guest }: { controller: Controller; driver: Party; guest: Party },
  names: Names,
) {
  const connect = guest.next(`${names.of}_FE_INTERFACE_CONNECT`);
  await tell(guest, names, 'DISCONNECTED', driver.domid);
  const message = await connect;
  const [evtchn, port] = await controller.channels.connect(driver.domid, guest.domid);
  const frames = Object.fromEntries(names.frames.map((field) => [field, message[field]]));
  return { fields: { ...frames, evtchn, ...(names.of === 'USBIF' && { bandwidth: 500 }) }, port };
}

/** INTERFACE_STATUS to the frontend. */
async function tell(guest: Party, { of, status }: Names, word: string, domid: number, evtchn = 0): Promise<void> {
  const constant = `${of}_INTERFACE_STATUS_${word}`;
  const value = (constants as unknown as Record<string, number>)[constant]!;
  const zeros =
    of === 'BLKIF'
      ? { handle: 0 }
      : of === 'NETIF'
        ? { handle: 0, mac: '00:16:3e:00:00:01' }
        : { bandwidth: 500, numPorts: 1 };
  await guest.request(`${of}_FE_${status}`, { ...zeros, status: value, evtchn, domid });
}

const macs = { mac: '00:16:3e:00:00:01', beMac: '00:00:00:00:00:00' };
const createOf = ({ of }: Names) => (of === 'NETIF' ? macs : {});

describe.each(CLASSES)('the statuses of a $shell backend', (names) => {
  it('of an interface: in the order of PROTOCOL.md 2.3, 2.6 and 2.9', async () => {
    const parties = await start();
    const ask = asking(parties.driver, names);
    const { fields } = await granted(parties, names);
    for (const name of ['DESTROY', 'DISCONNECT']) expect(await ask(name)).toBe('INTERFACE_NOT_FOUND');
    expect(await ask('CONNECT', fields)).toBe('INTERFACE_NOT_FOUND');
    expect(await ask('CREATE', createOf(names))).toBe('OKAY');
    expect(await ask('CREATE', createOf(names))).toBe('INTERFACE_EXISTS');

    const wrong = (frame: bigint) => ({
      ...fields,
      ...Object.fromEntries(names.frames.map((field) => [field, frame])),
    });
    // Its control page, one that it grants to nobody, one out of its memory, and one out of any memory.
    for (const frame of [0n, 1000n, 1n << 20n, (1n << 64n) - 1n]) {
      expect(await ask('CONNECT', wrong(frame))).toBe('MAPPING_ERROR');
    }
    expect(await ask('CONNECT', { ...fields, evtchn: 4000 })).toBe('ERROR');
    expect(await ask('CONNECT', fields)).toBe('OKAY');

    expect(await ask('CONNECT', fields)).toBe('INTERFACE_CONNECTED');
    // Block and USB look at the frames first, the network at its state (PROTOCOL.md 2.6).
    expect(await ask('CONNECT', wrong(1000n))).toBe(names.of === 'NETIF' ? 'INTERFACE_CONNECTED' : 'MAPPING_ERROR');
    expect(await ask('DESTROY')).toBe('INTERFACE_CONNECTED');
    expect(await ask('CREATE', createOf(names))).toBe('INTERFACE_EXISTS');
    expect(await ask('DISCONNECT')).toBe('OKAY');
    expect(await ask('DISCONNECT')).toBe('OKAY');
    expect(await ask('DESTROY')).toBe('OKAY');
    expect(await ask('DESTROY')).toBe('INTERFACE_NOT_FOUND');
  });

  it('OUT_OF_MEMORY, and the interfaces that there are live on', async () => {
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
  // It is there already, before anybody looks for the device.
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

describe.each(CLASSES)('the statuses that a $shell frontend is told', (names) => {
  it('have it grant its frames, use them, and take them back', async () => {
    const parties = await start();
    const { driver, guest } = parties;
    const ask = asking(driver, names);
    const crossed = new Promise((resolve) => {
      guest.domain.controlSocket.answer('device-crossed', (report) => {
        resolve(report);
      });
    });
    await ask('CREATE', createOf(names));
    const first = await granted(parties, names);
    expect(await ask('CONNECT', first.fields)).toBe('OKAY');
    await tell(guest, names, 'CONNECTED', driver.domid, first.port);
    expect(await crossed).toMatchObject({ port: first.port });
    if (names.of !== 'USBIF') await tell(guest, names, 'CHANGED', driver.domid, first.port);
    expect(await ask('DISCONNECT')).toBe('OKAY');
    const again = await granted(parties, names);
    expect(await ask('CONNECT', again.fields)).toBe('OKAY');
    expect(await ask('DISCONNECT')).toBe('OKAY');
    await tell(guest, names, names.of === 'USBIF' ? 'DESTROYED' : 'CLOSED', 0);
    // It grants none any more.
    expect(await ask('CONNECT', again.fields)).toBe('MAPPING_ERROR');
    for (const [, word] of guest.log.map((entry) => /INTERFACE_STATUS\S* ([A-Z]+)$/.exec(entry) ?? [])) {
      if (word) said.add(`${names.of}_INTERFACE_STATUS_${word}`);
    }
  });

  it('and those that either driver tells', async () => {
    const { driver, guest } = await start();
    for (const [party, side] of [[driver, 'BE'] as const, [guest, 'FE'] as const]) {
      const name = `${names.of}_${side}_DRIVER_STATUS${names.of === 'USBIF' ? '_CHANGED' : ''}`;
      for (const [word, status] of [['DOWN', 0] as const, ['UP', 1] as const]) {
        const told = party.next(name);
        party.domain.console.write(`${word.toLowerCase()} ${names.shell}\r`);
        expect(await told).toMatchObject({ status });
        said.add(`${names.of}_DRIVER_STATUS_${word}`);
      }
    }
  });
});

it('what a VCPU and a memory order is answered', async () => {
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
