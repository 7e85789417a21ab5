/** The choreographies of PROTOCOL.md section 3 that a machine plays, between three processes, in their order. */
import { expect, it } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import { crossed, Events, inOrder, useMachines } from './machines.ts';

const start = useMachines();
const DRIVER = { name: 'driver', driver: true, restart: 'always', minimumRestartSeconds: 0 } as const;
const ROOT = { target: 'root', vdevice: 769 };

/** `a b` of a leg: `a` asks, `b` answers, and in between who is asked may ask as well. */
const leg = (from: number, to: number, name: string, result = 'OKAY') => [
  new RegExp(`^${from}>${to} ${name}$`),
  new RegExp(`^${to}>${from} ${name} ${result}$`),
];
const ask = (from: number, to: number, name: string) => new RegExp(`^${from}>${to} ${name}$`);
const CONNECTED = (prefix: string, b: number, f: number, status: string) => [
  ask(f, 0, `${prefix}_FE_INTERFACE_CONNECT`),
  ...leg(0, b, `${prefix}_BE_CONNECT`),
  ask(0, f, `${prefix}_FE_INTERFACE_${status}`),
  // Acknowledged when all is done (PROTOCOL.md 5.2 D21).
  new RegExp(`^0>${f} ${prefix}_FE_INTERFACE_CONNECT answered$`),
];
const LEFT = (prefix: string) => [...leg(0, 1, `${prefix}_BE_DISCONNECT`), ...leg(0, 1, `${prefix}_BE_DESTROY`)];

async function playing(): Promise<{ machine: Machine; events: Events }> {
  const machine = await start({ driver: DRIVER });
  return { machine, events: new Events(machine) };
}

function expectOrder(events: Events, patterns: readonly RegExp[]): void {
  const { messages } = events;
  expect({ messages, isInOrder: inOrder(messages, patterns) }).toEqual({ messages, isInOrder: true });
}

it('3.1: build, and block attach at boot', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', disks: [ROOT] });
  await crossed(machine, 'web', 'block');
  expectOrder(events, [
    ...leg(0, 1, 'BLKIF_BE_CREATE'),
    ...leg(0, 1, 'BLKIF_BE_VBD_CREATE'),
    ask(0, 2, 'BLKIF_FE_INTERFACE_STATUS'),
    ...CONNECTED('BLKIF', 1, 2, 'STATUS'),
  ]);
});

it('3.2 and 3.3: a VBD comes to a running domain and goes again, and CHANGED is said of each', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', disks: [ROOT] });
  await crossed(machine, 'web', 'block');
  const before = events.messages.length;
  await machine.blockAttach('web', { target: 'data', vdevice: 770 });
  await machine.blockDetach('web', 770);
  const changed = ask(0, 2, 'BLKIF_FE_INTERFACE_STATUS');
  const after = events.messages.slice(before);
  expect({
    after,
    isInOrder: inOrder(after, [
      ...leg(0, 1, 'BLKIF_BE_VBD_CREATE'),
      changed,
      ...leg(0, 1, 'BLKIF_BE_VBD_DESTROY'),
      changed,
    ]),
  }).toEqual({ after, isInOrder: true });
});

it('3.5: the backend goes and comes, and every frontend is told and connected again', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', disks: [ROOT] });
  await crossed(machine, 'web', 'block');
  const up = events.domain('driver', 'running');
  process.kill((await machine.info('driver')).pid!, 'SIGKILL');
  await up;
  await crossed(machine, 'web', 'block');
  expectOrder(events, [
    ask(0, 2, 'BLKIF_FE_INTERFACE_STATUS'),
    ask(3, 0, 'BLKIF_BE_DRIVER_STATUS'),
    ...leg(0, 3, 'BLKIF_BE_CREATE'),
    ...leg(0, 3, 'BLKIF_BE_VBD_CREATE'),
    ...leg(0, 3, 'BLKIF_BE_CONNECT'),
  ]);
});

it('3.6: a domain dies, and its devices are destroyed in order', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', disks: [ROOT], vifs: [{}], usbs: [{ path: '1-1' }] });
  await machine.destroy('web');
  expectOrder(events, [...LEFT('BLKIF'), ...LEFT('NETIF'), ...LEFT('USBIF')]);
});

it('3.7: a domain suspends and resumes with its devices', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', disks: [ROOT] });
  await crossed(machine, 'web', 'block');
  await machine.shutdown('web', { reason: 'suspend' });
  expectOrder(events, [ask(0, 2, 'SHUTDOWN_SUSPEND'), ask(2, 0, 'BLKIF_FE_DRIVER_STATUS'), ...LEFT('BLKIF')]);
  const before = events.messages.length;
  await machine.resume('web');
  await crossed(machine, 'web', 'block');
  const after = events.messages.slice(before);
  expect(
    inOrder(after, [
      ...leg(0, 1, 'BLKIF_BE_CREATE'),
      ...leg(0, 1, 'BLKIF_BE_VBD_CREATE'),
      ask(2, 0, 'BLKIF_FE_DRIVER_STATUS'),
      ask(0, 2, 'BLKIF_FE_INTERFACE_STATUS'),
      ...leg(0, 1, 'BLKIF_BE_CONNECT'),
    ]),
  ).toBe(true);
});

it('3.8: network attach, its limit before anybody is told', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', vifs: [{ credit: { bytes: 1500, microseconds: 1000 } }] });
  await crossed(machine, 'web', 'network');
  expectOrder(events, [
    ...leg(0, 1, 'NETIF_BE_CREATE'),
    ...leg(0, 1, 'NETIF_BE_CREDITLIMIT'),
    ask(0, 2, 'NETIF_FE_INTERFACE_STATUS'),
    ...CONNECTED('NETIF', 1, 2, 'STATUS'),
  ]);
});

it('3.9: USB attach, its port claimed before anybody is told', async () => {
  const { machine, events } = await playing();
  await machine.create({ name: 'web', usbs: [{ path: '1-1' }] });
  await crossed(machine, 'web', 'usb');
  expectOrder(events, [
    ...leg(0, 1, 'USBIF_BE_CREATE'),
    ...leg(0, 1, 'USBIF_BE_CLAIM_PORT'),
    ask(0, 2, 'USBIF_FE_INTERFACE_STATUS_CHANGED'),
    ...CONNECTED('USBIF', 1, 2, 'STATUS_CHANGED'),
  ]);
});
