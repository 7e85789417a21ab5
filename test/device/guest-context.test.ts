/** Frames of a real guest, as its frontends have them. */
import { expect, it } from 'vitest';
import { frontendContext } from '../../lib/device/guest-context.ts';
import { useRuntimeDirectory } from '../domain/meeting.ts';
import { join, listen, useMemoryGuests } from '../domain/memory-guests.ts';
import { testsNative } from '../support/engines.ts';

useRuntimeDirectory();
useMemoryGuests();

it.runIf(testsNative)('what a backend maps still is nobody else’s before it is given back', async () => {
  const controller = await listen('native');
  const { guest: owner } = await join(controller, 'native', { frames: 16, maximum: 16 });
  const { guest: backend } = await join(controller, 'native');
  const { frames } = frontendContext(owner);
  const first = frames.allocate();
  frames.grantAccess(first, backend.domid);
  const mapped = await backend.mapFrame(owner.domid, first);
  // As when the controller has given up the backend's answer to DISCONNECT.
  frames.endAccess(first, backend.domid);
  frames.free(first);
  const second = frames.allocate();
  expect(second).not.toBe(first);
  mapped.unmap();
  expect(frames.allocate()).toBe(first);
  // And once more, for the same domain, while nobody was told that it is gone.
  frames.grantAccess(first, backend.domid);
  const again = await backend.mapFrame(owner.domid, first);
  frames.endAccess(first, backend.domid);
  frames.free(first);
  expect([first, second]).not.toContain(frames.allocate());
  again.unmap();
  expect(frames.allocate()).toBe(first);
});
