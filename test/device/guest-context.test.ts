/** The frames of a real guest, through the context of its frontends. */
import { expect, it } from 'vitest';
import { frontendContext } from '../../lib/device/guest-context.ts';
import { useRuntimeDirectory } from '../domain/meeting.ts';
import { join, listen, useMemoryGuests } from '../domain/memory-guests.ts';
import { testsNative } from '../support/engines.ts';

useRuntimeDirectory();
useMemoryGuests();

it.runIf(testsNative)('a frame that a backend still maps is not allocated again before it is unmapped', async () => {
  const controller = await listen('native');
  const { guest: owner } = await join(controller, 'native', { frames: 16, maximum: 16 });
  const { guest: backend } = await join(controller, 'native');
  const { frames } = frontendContext(owner);
  const first = frames.allocate();
  frames.grantAccess(first, backend.domid);
  const mapped = await backend.mapFrame(owner.domid, first);
  // As after a DISCONNECT whose answer the controller did not wait for.
  frames.endAccess(first, backend.domid);
  frames.free(first);
  const second = frames.allocate();
  expect(second).not.toBe(first);
  mapped.unmap();
  expect(frames.allocate()).toBe(first);
  // Again for the same domain, whose end is not reported yet.
  frames.grantAccess(first, backend.domid);
  const again = await backend.mapFrame(owner.domid, first);
  frames.endAccess(first, backend.domid);
  frames.free(first);
  expect([first, second]).not.toContain(frames.allocate());
  again.unmap();
  expect(frames.allocate()).toBe(first);
});
