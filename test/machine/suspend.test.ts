import { expect, it } from 'vitest';
import { image } from './images.ts';
import { crossed, Events, useMachines } from './machines.ts';

const start = useMachines();

/** Acknowledges SUSPEND, and suspends at SysRq s. */
const SLOW = (() => {
  const index = new URL('../../dist/index.js', import.meta.url).href;
  const script = `import { Guest } from '${index}';
    const guest = await Guest.connect();
    guest.receive('SHUTDOWN_SUSPEND', () => {});
    guest.receive('SHUTDOWN_SYSRQ', () => { guest.suspended().then(() => guest.console.write('resumed')); });`;
  return [process.execPath, '--input-type=module', '-e', script];
})();

/** Suspends correctly, but only after SysRq s. */
const LATE = (() => {
  const dist = (file: string) => new URL(`../../dist/${file}`, import.meta.url).href;
  const script = `import { Guest } from '${dist('index.js')}';
    import { ShutdownResponder } from '${dist('device/index.js')}';
    const guest = await Guest.connect();
    let press;
    const pressed = new Promise((resolve) => { press = resolve; });
    new ShutdownResponder(guest, {
      async shutdown(request) {
        if (request !== 'SUSPEND') process.exit(0);
        await pressed;
        await guest.suspended();
      },
      sysrq: () => press(),
    });`;
  return [process.execPath, '--input-type=module', '-e', script];
})();

it('a guest that does not suspend in time continues to run, and may suspend later', async () => {
  const machine = await start({ driver: false });
  await machine.create({ name: 'slow', command: SLOW });
  await expect(machine.shutdown('slow', { reason: 'suspend', timeout: 0.05 })).rejects.toMatchObject({
    code: 'ERR_CTRL_IF_TIMEOUT',
    subject: 'slow',
  });
  expect(await machine.info('slow')).toMatchObject({ state: 'running' });
  const suspended = machine.wait('slow', 'suspended');
  await machine.sysrq('slow', 's');
  await suspended;
  expect(await machine.resume('slow')).toMatchObject({ state: 'running' });
  const console = (await machine.console('slow')).setEncoding('utf8');
  let said = '';
  while (!said.includes('resumed')) {
    await new Promise((resolve) => console.once('readable', resolve));
    said += console.read() ?? '';
  }
});

it('a guest that is asked to end before it has suspended resumes at once and ends', async () => {
  const machine = await start({ driver: false });
  await machine.create({ name: 'slow', command: LATE });
  await expect(machine.shutdown('slow', { reason: 'suspend', timeout: 0.05 })).rejects.toMatchObject({
    code: 'ERR_CTRL_IF_TIMEOUT',
  });
  const asked = new Events(machine).next(({ name, result }) => name === 'SHUTDOWN_POWEROFF' && result === 'answered');
  const over = machine.shutdown('slow', { reason: 'poweroff', timeout: 3 });
  await asked;
  await machine.sysrq('slow', 's');
  expect(await over).toMatchObject({ how: 'poweroff' });
});

it.each([
  ['before it is suspended', false],
  ['while it is suspended', true],
])('a guest that is killed %s has crashed', async (_when, isSuspended) => {
  const machine = await start({ driver: false });
  const { pid } = await machine.create({ name: 'slow', command: SLOW });
  const over = machine.shutdown('slow', { reason: 'suspend', timeout: 0 });
  if (isSuspended) {
    await machine.sysrq('slow', 's');
    expect(await over).toEqual({ name: 'slow', how: 'suspend' });
  }
  const ended = machine.wait('slow');
  process.kill(pid!, 'SIGKILL');
  expect(await ended).toMatchObject({ how: 'crash', signal: 'SIGKILL' });
  if (!isSuspended) expect(await over).toMatchObject({ how: 'crash' });
  expect(await machine.list()).toEqual([]);
});

it('the devices of a suspended driver domain wait, and are connected again when it resumes', async () => {
  const machine = await start();
  await machine.create({ name: 'web', disks: [{ target: image('any'), vdevice: 1 }] });
  await crossed(machine, 'web', 'block');
  const events = new Events(machine);
  await machine.shutdown('driver', { reason: 'suspend' });
  await events.inOrder([/1>0 BLKIF_BE_DRIVER_STATUS DOWN$/, /0>2 BLKIF_FE_INTERFACE_STATUS DISCONNECTED$/]);
  expect(await machine.devices('web')).not.toMatchObject([{ state: 'CONNECTED' }]);
  await machine.resume('driver');
  expect(await crossed(machine, 'web', 'block')).toMatchObject({ state: 'CONNECTED', backend: 1 });
});

it.each(['poweroff', 'reboot', 'suspend'] as const)(
  'a %s during the resume of a domain is followed',
  async (reason) => {
    const machine = await start({ driver: false });
    await machine.create({ name: 'web', minimumRestartSeconds: 0 });
    await machine.shutdown('web', { reason: 'suspend' });
    await machine.resume('web');
    expect(await machine.shutdown('web', { reason, timeout: 3 })).toMatchObject({ how: reason });
  },
);
