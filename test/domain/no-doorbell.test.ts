/** A runtime whose event loop cannot poll a doorbell, such as Bun and Deno: simulated here by its name. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDoorbell } from '../../lib/page/native-doorbell.ts';
import { testsNative } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { until } from '../support/until.ts';
import { connectGuest, listen, useRuntimeDirectory } from './meeting.ts';

useRuntimeDirectory();
const { versions } = process;
const runAs = (runtime: object) => Object.defineProperty(process, 'versions', { value: { ...versions, ...runtime } });
const hearsNone = (hears: boolean) => runAs(hears ? {} : { bun: '1.4.0' });

beforeEach(() => {
  hearsNone(false);
});
afterEach(() => {
  hearsNone(true);
});

describe.runIf(testsNative)('without a doorbell', () => {
  it.each([{ bun: '1.4.0' }, { deno: '2.9.6' }])(
    'one cannot be opened in %j, and the error says what to do',
    (runtime) => {
      runAs(runtime);
      const error = expectError('ERR_CTRL_IF_DOORBELL', 'CTRL_IF_ENGINE=file', () => openDoorbell(() => {}));
      expect(error.cause).toMatchObject({ code: 'ENOSYS' });
    },
  );

  it.each([
    ['neither', false, false],
    ['the controller alone', true, false],
    ['the guest alone', false, true],
  ])('a native link rings the socket when %s has one, and is as good', async (_, controllerHears, guestHears) => {
    hearsNone(controllerHears);
    const controller = await listen();
    controller.on('domain', (domain) => domain.receive('SEQ', ({ n }) => ({ answer: n + 1 })));
    hearsNone(guestHears);
    const guest = await connectGuest();
    expect(guest.engine).toBe('native');
    for (let n = 0; n < 50; n++) {
      expect(await guest.request({ name: 'SEQ', n })).toMatchObject({ answer: n + 1 });
      // Both sleep in between.
      await until(() => guest.stats.asleep);
    }
    const [domain] = controller.domains.values();
    expect((await domain!.request({ name: 'SHUTDOWN_POWEROFF' })).name).toBe('SHUTDOWN_POWEROFF');
    if (!controllerHears) expectError('ERR_CTRL_IF_ENGINE', 'Node', () => controller.channels);
    if (!guestHears) expectError('ERR_CTRL_IF_ENGINE', 'Node', () => guest.channels);
    else await expect(guest.channels.alloc(0)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DOMAIN' });
  });
});
