import { expect, it } from 'vitest';
import { meet, useRuntimeDirectory } from './meeting.ts';

useRuntimeDirectory();

it('a suspended guest continues when it is resumed', async () => {
  const { domain, guest } = await meet();
  const said = new Promise<void>((resolve) => {
    domain.controlSocket.answer('suspended', () => {
      resolve();
    });
  });
  let isSuspended = true;
  const resumed = guest.suspended().then(() => {
    isSuspended = false;
  });
  await said;
  expect(isSuspended).toBe(true);
  await domain.controlSocket.ask('resume', {});
  await resumed;
});

it('a suspended guest rejects when its link ends', async () => {
  const { domain, guest } = await meet();
  domain.controlSocket.answer('suspended', () => {});
  const suspended = guest.suspended();
  // Answers come in order.
  await guest.controlSocket.ask('domain-presence', { domid: guest.domid });
  await Promise.all([expect(suspended).rejects.toMatchObject({ code: 'ERR_CTRL_IF_CLOSED' }), domain.close()]);
});

it('a controller that is no machine does not understand it', async () => {
  const { guest } = await meet();
  await expect(guest.suspended()).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
});
