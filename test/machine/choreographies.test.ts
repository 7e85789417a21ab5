/** The choreographies of PROTOCOL.md section 3, between three processes, in their order; 3.10 is in ordering.test.ts. */
import { expect, it } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import type { DeviceClassName } from '../../lib/machine/operations.ts';
import { image } from './images.ts';
import { crossed, Events, type, useMachines } from './machines.ts';

const start = useMachines();
const DRIVER = { name: 'driver', driver: true, restart: 'always', minimumRestartSeconds: 0 } as const;
const ROOT = { target: image('root'), vdevice: 769 };

const ALL = {
  name: 'web',
  disks: [ROOT],
  vifs: [{ credit: { bytes: 1500, microseconds: 1000 } }],
  usbs: [{ path: '1-1' }],
};
const CLASSES: readonly (readonly [of: DeviceClassName, prefix: string, setting: string, changed: string])[] = [
  ['block', 'BLKIF', 'VBD_CREATE', ''],
  ['network', 'NETIF', 'CREDITLIMIT', ''],
  ['usb', 'USBIF', 'CLAIM_PORT', '_CHANGED'],
];

/** A message as watchers see it, with its status or result if it has one. */
const one = (from: number, to: number, name: string) => new RegExp(`^${from}>${to} ${name}$`);
/** A request of the controller to a backend, and its success. */
const done = (backend: number, name: string) => [one(0, backend, name), one(backend, 0, `${name} OKAY`)];
/** A status for the frontend, and its answer. It answers when it has acted on the status. */
const reported = (frontend: number, name: string, status: string) => [
  one(0, frontend, `${name} ${status}`),
  one(frontend, 0, `${name} answered`),
];
/** From the grant of the frames to CONNECTED. The acknowledgement follows when all is done (PROTOCOL.md 5.2 D21). */
const connected = (prefix: string, backend: number, frontend: number, changed = '') => [
  one(frontend, 0, `${prefix}_FE_INTERFACE_CONNECT`),
  ...done(backend, `${prefix}_BE_CONNECT`),
  ...reported(frontend, `${prefix}_FE_INTERFACE_STATUS${changed}`, 'CONNECTED'),
  one(0, frontend, `${prefix}_FE_INTERFACE_CONNECT answered`),
];
const left = (prefix: string, backend = 1) => [
  ...done(backend, `${prefix}_BE_DISCONNECT`),
  ...done(backend, `${prefix}_BE_DESTROY`),
];

async function playing(): Promise<{ machine: Machine; events: Events }> {
  const machine = await start({ driver: DRIVER });
  return { machine, events: new Events(machine) };
}

it('3.1: build, and block attach at boot', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', disks: [ROOT] });
  await crossed(machine, 'web', 'block');
  await events.inOrder([
    ...done(1, 'BLKIF_BE_CREATE'),
    ...done(1, 'BLKIF_BE_VBD_CREATE'),
    one(0, 2, 'BLKIF_FE_INTERFACE_STATUS DISCONNECTED'),
    ...connected('BLKIF', 1, 2),
  ]);
  // If the guest starts first, its driver gets a status; otherwise it gets the device as the answer to its query.
  await events.inOrder([one(2, 0, 'BLKIF_FE_DRIVER_STATUS UP'), one(2, 0, 'BLKIF_FE_INTERFACE_CONNECT')]);
});

it('3.2 and 3.3: a VBD is attached to and detached from a running domain, with CHANGED for each', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', disks: [ROOT] });
  await crossed(machine, 'web', 'block');
  await events.fromNow();
  await machine.blockAttach('web', { target: image('data'), vdevice: 770 });
  await machine.blockDetach('web', 770);
  const changed = reported(2, 'BLKIF_FE_INTERFACE_STATUS', 'CHANGED');
  await events.inOrder([...done(1, 'BLKIF_BE_VBD_CREATE'), ...changed, ...done(1, 'BLKIF_BE_VBD_DESTROY'), ...changed]);
});

it.each(CLASSES)('3.4: a %s frontend disconnects, and connects again', async (className, prefix, setting, changed) => {
  const { machine, events } = await playing();
  await machine.create(ALL);
  const first = await crossed(machine, 'web', className);
  await events.fromNow();
  expect(await type(machine, 'web', `disconnect ${className}`)).toBe(`${className} 0 IDLE backend 1`);
  await events.inOrder([
    one(2, 0, `${prefix}_FE_INTERFACE_DISCONNECT`),
    ...done(1, `${prefix}_BE_DISCONNECT`),
    // A network interface can be connected once (PROTOCOL.md 2.6).
    ...(className === 'network'
      ? [...done(1, 'NETIF_BE_DESTROY'), ...done(1, 'NETIF_BE_CREATE'), ...done(1, `NETIF_BE_${setting}`)]
      : []),
    ...reported(2, `${prefix}_FE_INTERFACE_STATUS${changed}`, 'DISCONNECTED'),
    one(0, 2, `${prefix}_FE_INTERFACE_DISCONNECT answered`),
  ]);
  const [idle] = await machine.devices('web', className);
  expect(idle).toMatchObject({ state: 'DISCONNECTED', handle: first.handle });
  expect(idle!.frames).toBeUndefined();
  await events.fromNow();
  expect(await type(machine, 'web', `connect ${className}`)).toMatch(
    new RegExp(`^${className} 0 (DISCONNECTED|HELD|CONNECTED) backend 1$`),
  );
  await crossed(machine, 'web', className);
  await events.inOrder(connected(prefix, 1, 2, changed));
});

it.each(CLASSES)(
  '3.5: a %s backend goes DOWN and UP, and its frontend gets the statuses and is connected again',
  async (className, prefix, setting, changed) => {
    const { machine, events } = await playing();
    await machine.create(ALL);
    await crossed(machine, 'web', className);
    await events.fromNow();
    const isHeld = events.next(
      ({ from, name, result }) => from === 0 && name === `${prefix}_FE_INTERFACE_CONNECT` && result === 'answered',
    );
    expect(await type(machine, 'driver', `down ${className}`)).toBe(`${className} DOWN`);
    await isHeld;
    await events.inOrder([
      one(1, 0, `${prefix}_BE_DRIVER_STATUS${changed} DOWN`),
      ...reported(2, `${prefix}_FE_INTERFACE_STATUS${changed}`, 'DISCONNECTED'),
      one(0, 2, `${prefix}_FE_INTERFACE_CONNECT answered`),
    ]);
    expect(await machine.devices('web', className)).toMatchObject([{ state: 'HELD' }]);
    await events.fromNow();
    expect(await type(machine, 'driver', `up ${className}`)).toBe(`${className} UP`);
    await crossed(machine, 'web', className);
    await events.inOrder([
      one(1, 0, `${prefix}_BE_DRIVER_STATUS${changed} UP`),
      ...done(1, `${prefix}_BE_CREATE`),
      ...done(1, `${prefix}_BE_${setting}`),
      ...done(1, `${prefix}_BE_CONNECT`),
      ...reported(2, `${prefix}_FE_INTERFACE_STATUS${changed}`, 'CONNECTED'),
    ]);
    for (const [other] of CLASSES) await crossed(machine, 'web', other);
  },
);

it('3.5: the driver domain dies and restarts, and its frontends get the statuses and are connected again', async () => {
  const { machine, events } = await playing();
  await machine.create(ALL);
  for (const [className] of CLASSES) await crossed(machine, 'web', className);
  await events.fromNow();
  const up = events.domain('driver', 'running');
  process.kill((await machine.info('driver')).pid!, 'SIGKILL');
  await up;
  for (const [className] of CLASSES) await crossed(machine, 'web', className);
  for (const [, prefix, setting, changed] of CLASSES) {
    await events.inOrder([
      ...reported(2, `${prefix}_FE_INTERFACE_STATUS${changed}`, 'DISCONNECTED'),
      one(3, 0, `${prefix}_BE_DRIVER_STATUS${changed} UP`),
      ...done(3, `${prefix}_BE_CREATE`),
      ...done(3, `${prefix}_BE_${setting}`),
      ...done(3, `${prefix}_BE_CONNECT`),
      ...reported(2, `${prefix}_FE_INTERFACE_STATUS${changed}`, 'CONNECTED'),
    ]);
  }
});

it('3.6: a domain dies, and its devices are destroyed in order without a message to it', async () => {
  const { machine, events } = await playing();
  await machine.create(ALL);
  for (const [className] of CLASSES) await crossed(machine, 'web', className);
  await events.fromNow();
  await machine.destroy('web');
  await events.inOrder([...left('BLKIF'), ...left('NETIF'), ...left('USBIF')]);
  expect(events.messages.filter((message) => message.startsWith('0>2 '))).toEqual([]);
});

it('3.7: a domain suspends and resumes with its devices', async () => {
  const { machine, events } = await playing();
  await machine.create(ALL);
  for (const [className] of CLASSES) await crossed(machine, 'web', className);
  const nameOf = (prefix: string, changed: string) => `${prefix}_FE_DRIVER_STATUS${changed}`;
  await events.fromNow();
  await machine.shutdown('web', { reason: 'suspend' });
  // The guest's responses and its requests are on different rings (3.10).
  await events.inOrder([one(0, 2, 'SHUTDOWN_SUSPEND'), one(2, 0, 'SHUTDOWN_SUSPEND answered')]);
  for (const [, prefix, , changed] of CLASSES) {
    const down = one(2, 0, `${nameOf(prefix, changed)} DOWN`);
    await events.inOrder([one(0, 2, 'SHUTDOWN_SUSPEND'), down, ...left(prefix)]);
  }
  await events.fromNow();
  await machine.resume('web');
  for (const [className] of CLASSES) await crossed(machine, 'web', className);
  for (const [, prefix, setting, changed] of CLASSES) {
    await events.inOrder([
      ...done(1, `${prefix}_BE_CREATE`),
      ...done(1, `${prefix}_BE_${setting}`),
      one(2, 0, `${nameOf(prefix, changed)} UP`),
      one(0, 2, `${prefix}_FE_INTERFACE_STATUS${changed} DISCONNECTED`),
      ...connected(prefix, 1, 2, changed),
    ]);
  }
});

it('3.8: network attach, with the limit set before any status', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', vifs: ALL.vifs });
  await crossed(machine, 'web', 'network');
  await events.inOrder([
    ...done(1, 'NETIF_BE_CREATE'),
    ...done(1, 'NETIF_BE_CREDITLIMIT'),
    one(0, 2, 'NETIF_FE_INTERFACE_STATUS DISCONNECTED'),
    ...connected('NETIF', 1, 2),
  ]);
  // The controller sends UP before it answers. Without it the original's frontend waits for ever (D4).
  await events.inOrder([
    one(2, 0, 'NETIF_FE_DRIVER_STATUS UP'),
    ...reported(2, 'NETIF_FE_DRIVER_STATUS', 'UP'),
    one(0, 2, 'NETIF_FE_DRIVER_STATUS answered'),
  ]);
  await events.fromNow();
  await machine.networkDetach('web', 0);
  await events.inOrder([...left('NETIF'), ...reported(2, 'NETIF_FE_INTERFACE_STATUS', 'CLOSED')]);
});

it('3.9: USB attach, with the port claimed before any status, and release', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', usbs: ALL.usbs });
  await crossed(machine, 'web', 'usb');
  await events.inOrder([
    ...done(1, 'USBIF_BE_CREATE'),
    ...done(1, 'USBIF_BE_CLAIM_PORT'),
    one(0, 2, 'USBIF_FE_INTERFACE_STATUS_CHANGED DISCONNECTED'),
    ...connected('USBIF', 1, 2, '_CHANGED'),
  ]);
  await events.fromNow();
  await machine.usbAttach('web', { path: '1-2' });
  await machine.usbDetach('web', '1-2');
  await events.inOrder([
    ...done(1, 'USBIF_BE_CLAIM_PORT'),
    // USB's form of CHANGED: CONNECTED again, with another number of ports.
    ...reported(2, 'USBIF_FE_INTERFACE_STATUS_CHANGED', 'CONNECTED'),
    one(0, 1, 'USBIF_BE_RELEASE_PORT'),
    one(1, 0, 'USBIF_BE_RELEASE_PORT answered'),
    ...reported(2, 'USBIF_FE_INTERFACE_STATUS_CHANGED', 'CONNECTED'),
  ]);
});
