/** Either end of a device, killed at each message of its connect. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Machine } from '../../lib/machine/machine.ts';
import type { DeviceClassName } from '../../lib/machine/operations.ts';
import { image } from './images.ts';
import { crossed, Events, isAlive, messageOf, useMachines } from './machines.ts';

const start = useMachines();
const DRIVER = { name: 'driver', driver: true, restart: 'always', minimumRestartSeconds: 0 } as const;

interface Connecting {
  readonly className: DeviceClassName;
  readonly prefix: string;
  /** The message that follows CREATE. */
  readonly setting: string;
  readonly status: string;
  attach(machine: Machine, domain: string): Promise<unknown>;
}
const CLASSES: readonly Connecting[] = [
  {
    className: 'block',
    prefix: 'BLKIF',
    setting: 'VBD_CREATE',
    status: 'INTERFACE_STATUS',
    attach: (machine, domain) => machine.blockAttach(domain, { target: image('img'), vdevice: 769 }),
  },
  {
    className: 'network',
    prefix: 'NETIF',
    setting: 'CREDITLIMIT',
    status: 'INTERFACE_STATUS',
    attach: (machine, domain) => machine.networkAttach(domain, { credit: { bytes: 1500, microseconds: 1000 } }),
  },
  {
    className: 'usb',
    prefix: 'USBIF',
    setting: 'CLAIM_PORT',
    status: 'INTERFACE_STATUS_CHANGED',
    attach: (machine, domain) => machine.usbAttach(domain, { path: '1-1' }),
  },
];

/** The messages of a connect. Each test kills one end after one of them. */
const stepsOf = ({ prefix, setting, status }: Connecting) => [
  `0>1 ${prefix}_BE_CREATE`,
  `1>0 ${prefix}_BE_CREATE OKAY`,
  `0>1 ${prefix}_BE_${setting}`,
  `1>0 ${prefix}_BE_${setting} OKAY`,
  `0>2 ${prefix}_FE_${status} DISCONNECTED`,
  `2>0 ${prefix}_FE_INTERFACE_CONNECT`,
  `0>1 ${prefix}_BE_CONNECT`,
  `1>0 ${prefix}_BE_CONNECT OKAY`,
];

/** Attaches a device to `web`, and kills `victim` as soon as `step` was seen; resolves when the attach has settled. */
async function killAt(machine: Machine, { attach }: Connecting, step: string, victim: string): Promise<void> {
  const events = new Events(machine);
  const pid = (await machine.info(victim)).pid!;
  const seen = events.next((event) => event.kind === 'message' && messageOf(event) === step);
  const attached = attach(machine, 'web').catch(() => undefined);
  await seen;
  process.kill(pid, 'SIGKILL');
  await attached;
}

describe.each(CLASSES)('a $className device', (connecting) => {
  const { className, attach } = connecting;

  it.each(stepsOf(connecting))('whose backend is killed after %s is connected again', async (step) => {
    const machine = await start({ driver: DRIVER });
    await machine.create({ name: 'web' });
    const events = new Events(machine);
    const again = events.domain('driver', 'running');
    await killAt(machine, connecting, step, 'driver');
    await again;
    // If the attach failed, there is no device to reconnect, and the test attaches it again.
    if ((await machine.devices('web')).length === 0) await attach(machine, 'web');
    expect(await crossed(machine, 'web', className)).toMatchObject({ state: 'CONNECTED', backend: 3, frontend: 2 });
  });

  it.each(stepsOf(connecting))('whose frontend is killed after %s leaves its backend as it was', async (step) => {
    const machine = await start({ driver: DRIVER });
    await machine.create({ name: 'web' });
    const events = new Events(machine);
    const ended = events.domain('web', 'crash');
    await killAt(machine, connecting, step, 'web');
    await ended;
    expect(await machine.info('driver')).toMatchObject({ state: 'running', domid: 1, restarts: 0 });
    await machine.create({ name: 'next' });
    await attach(machine, 'next');
    expect(await crossed(machine, 'next', className)).toMatchObject({ handle: 0, backend: 1, frontend: 3 });
  });
});

it('a machine closes soon although its driver domain does not answer', { timeout: 30_000 }, async () => {
  const machine = await start({ driver: DRIVER });
  await machine.create({ name: 'web', vifs: [{}, {}], usbs: [{ path: '1-1' }] });
  await crossed(machine, 'web', 'network');
  const { pid } = await machine.info('driver');
  process.kill(pid!, 'SIGSTOP');
  onTestFinished(() => {
    if (isAlive(pid!)) process.kill(pid!, 'SIGKILL');
  });
  await machine.close();
  expect(await machine.list()).toEqual([]);
});
