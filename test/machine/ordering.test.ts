/** PROTOCOL.md 3.10: the order of messages between three processes, and its limits. */
import { expect, it } from 'vitest';
import { BLKIF_INTERFACE_STATUS_CONNECTED, BLKIF_INTERFACE_STATUS_DISCONNECTED } from '../../lib/wire/constants.ts';
import { image } from './images.ts';
import { type ScriptedDomain, useScriptedDomains } from './scripted-domains.ts';

const start = useScriptedDomains();
const INTERFACE = { domid: 2, blkifHandle: 0 };
const VBD = { ...INTERFACE, vdevice: 1, pdevice: 1, devHandle: 0, readonly: 0 };
const OKAY = 0;

/** The driver asks for the target of a VBD's device. `answer` answers it. */
function slowTarget(driver: ScriptedDomain): { asked: Promise<void>; answer: () => void } {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    driver.domain.controlSocket.answer('disk-target', async () => {
      resolve();
      await answered;
      return { target: image('img'), mode: 'w' };
    });
  });
  return { asked, answer };
}

it('requests of one sender on one ring are processed in order, with many under way', async () => {
  const { driver } = await start();
  slowTarget(driver).answer();
  const names = ['CREATE', 'CREATE', 'VBD_CREATE', 'VBD_CREATE', 'VBD_DESTROY', 'VBD_DESTROY', 'DESTROY', 'DESTROY'];
  const answers = names.map((name) =>
    driver.request(
      `BLKIF_BE_${name}`,
      name === 'VBD_CREATE' ? VBD : { ...INTERFACE, ...(name === 'VBD_DESTROY' && { vdevice: 1 }) },
    ),
  );
  // Another order would change one of these results.
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([0, 2, 0, 5, 0, 6, 0, 3]);
  const received = driver.log.filter((entry) => /^received BLKIF_BE_.* answered$/.test(entry));
  expect(received).toEqual(names.map((name) => `received BLKIF_BE_${name} answered`));
});

it('device messages wait for each other, and all other messages overtake them', async () => {
  const { driver } = await start();
  await driver.request('BLKIF_BE_CREATE', INTERFACE);
  const target = slowTarget(driver);
  const order: string[] = [];
  const ask = (name: string, fields: object) => driver.request(name, fields).then(() => order.push(name));
  const devices = [ask('BLKIF_BE_VBD_CREATE', VBD), ask('USBIF_BE_CREATE', { domid: 2 })];
  await target.asked;
  await ask('VCPU_HOTPLUG_OFF', { vcpu: 1 });
  await ask('MEM_REQUEST_SET', { target: 1024 });
  await ask('SHUTDOWN_SYSRQ', { key: 'h' });
  target.answer();
  await Promise.all(devices);
  expect(order).toEqual([
    'VCPU_HOTPLUG_OFF',
    'MEM_REQUEST_SET',
    'SHUTDOWN_SYSRQ',
    'BLKIF_BE_VBD_CREATE',
    'USBIF_BE_CREATE',
  ]);
});

it.each(['before', 'after'])(
  'a CONNECT may be acknowledged %s CONNECTED is sent: they are on different rings',
  async (when) => {
    const { controller, driver, guest } = await start();
    await driver.request('BLKIF_BE_CREATE', INTERFACE);
    const crossed = new Promise<void>((resolve) => {
      guest.domain.controlSocket.answer('device-crossed', () => {
        resolve();
      });
    });
    const status = { handle: 0, evtchn: 0, domid: 1 };
    let connected: Promise<unknown> | undefined;
    guest.answer('BLKIF_FE_INTERFACE_CONNECT', async ({ shmemFrame }) => {
      const connect = async () => {
        const [evtchn, port] = await controller.channels.connect(1, 2);
        await driver.request('BLKIF_BE_CONNECT', { ...INTERFACE, shmemFrame, evtchn });
        // The acknowledgement is not compared: it is on the other ring.
        connected = guest.request('BLKIF_FE_INTERFACE_STATUS', {
          ...status,
          status: BLKIF_INTERFACE_STATUS_CONNECTED,
          evtchn: port,
        });
      };
      if (when === 'after') await connect().then(() => connected);
      else setImmediate(connect);
      return undefined;
    });
    await guest.request('BLKIF_FE_INTERFACE_STATUS', { ...status, status: BLKIF_INTERFACE_STATUS_DISCONNECTED });
    await crossed;
    await connected;
    const reported = guest.log.indexOf('sent BLKIF_FE_INTERFACE_STATUS CONNECTED');
    const acknowledged = guest.log.indexOf('sent BLKIF_FE_INTERFACE_CONNECT answered');
    expect(reported).toBeGreaterThan(0);
    expect(acknowledged).toBeGreaterThan(0);
    expect(acknowledged < reported).toBe(when === 'before');
  },
);

it('an aborted request is still carried out, and no other request gets its late answer', async () => {
  const { driver } = await start();
  await driver.request('BLKIF_BE_CREATE', INTERFACE);
  const target = slowTarget(driver);
  const late = driver.request('BLKIF_BE_VBD_CREATE', VBD, { timeout: 20 });
  await target.asked;
  await expect(late).rejects.toMatchObject({ code: 'ERR_CTRL_IF_TIMEOUT' });
  // Seven ids are left, and these requests wait behind the aborted one. Each must get its own answer.
  const others = Array.from({ length: 20 }, (_, i) => driver.request('BLKIF_BE_VBD_CREATE', { ...VBD, vdevice: i }));
  target.answer();
  const answered = await Promise.all(others);
  expect(answered.map(({ vdevice, status }) => [vdevice, status])).toEqual(
    Array.from({ length: 20 }, (_, i) => [i, i === VBD.vdevice ? 5 : OKAY]),
  );
});
