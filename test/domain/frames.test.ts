/** Frames of one guest in another. */
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { Connection } from '../../lib/domain/connection.ts';
import type { CtrlIfError } from '../../lib/index.ts';
import { namedEngines } from '../support/engines.ts';
import { describeMemory } from '../support/memories.ts';
import { bytesOf } from '../support/pages.ts';
import { useRuntimeDirectory } from './meeting.ts';
import { coded, join, listen, useMemoryGuests } from './memory-guests.ts';

useRuntimeDirectory();
useMemoryGuests();

describeMemory.each(namedEngines)('a frame of a guest in another, whose controller has the %s engine', (engine) => {
  async function three() {
    const controller = await listen(engine);
    const { guest: owner, domain: ownerDomain } = await join(controller, 'native', { frames: 16, maximum: 64 });
    const { guest: backend, domain: backendDomain } = await join(controller, 'native');
    const frame = owner.memory.allocate();
    owner.memory.frame(frame).write(0, Buffer.alloc(4096, 0x5a));
    return { owner, ownerDomain, backend, backendDomain, frame };
  }

  it('is mapped when it was granted, and gone when it is given back', async () => {
    const { owner, backend, frame } = await three();
    await expect(backend.mapFrame(owner.domid, frame)).rejects.toEqual(coded('ERR_CTRL_IF_FRAME_NOT_GRANTED'));
    owner.memory.grantAccess(frame, backend.domid);
    const mapped = await backend.mapFrame(owner.domid, BigInt(frame));
    expect(bytesOf(mapped.page, 0, 4096)).toEqual(Buffer.alloc(4096, 0x5a));
    mapped.store32(4092, 7);
    expect(owner.memory.frame(frame).load32(4092)).toBe(7);
    expect(owner.memory.isMapped(frame)).toBe(true);
    const again = await backend.mapFrame(owner.domid, frame);
    again.store32(0, 8);
    expect(mapped.load32(0)).toBe(8);
    mapped.unmap();
    expect(() => owner.memory.endAccess(frame)).toThrow(coded('ERR_CTRL_IF_FRAME_IN_USE'));
    await expect(owner.reclaimFrames(backend.domid)).rejects.toEqual(coded('ERR_CTRL_IF_FRAME_IN_USE'));
    again.unmap();
    owner.memory.endAccess(frame);
    owner.memory.free(frame);
  });

  it('is none that the owner cannot grant, and none of a domain that does not exist', async () => {
    const { owner, backend } = await three();
    for (const frame of [0, 1, 64, -1, 2.5, 2n ** 60n]) {
      await expect(backend.mapFrame(owner.domid, frame)).rejects.toEqual(coded('ERR_CTRL_IF_FRAME_RANGE'));
    }
    for (const domid of [77, 0, -1, Number.NaN]) {
      await expect(backend.mapFrame(domid, 2)).rejects.toEqual(coded('ERR_CTRL_IF_DOMAIN'));
    }
  });

  it('is given back by a guest that ends in order', async () => {
    const { owner, backend, frame } = await three();
    owner.memory.grantAccess(frame, backend.domid);
    const mapped = await backend.mapFrame(owner.domid, frame);
    await backend.close();
    expect(() => mapped.load32(0)).toThrow(coded('ERR_CTRL_IF_PAGE_CLOSED'));
    expect(owner.memory.isMapped(frame)).toBe(false);
    expect(await owner.reclaimFrames(backend.domid)).toEqual([frame]);
    owner.memory.free(frame);
  });

  it('stays where it is mapped when its owner ends, and no other of its frames is mapped then', async () => {
    const { owner, ownerDomain, backend, frame } = await three();
    const other = owner.memory.allocate();
    for (const granted of [frame, other]) owner.memory.grantAccess(granted, backend.domid);
    const mapped = await backend.mapFrame(owner.domid, frame);
    const gone = once(ownerDomain, 'close');
    await owner.close();
    await gone;
    // The controller reports the end before it answers this.
    await expect(backend.mapFrame(999, 2)).rejects.toEqual(coded('ERR_CTRL_IF_DOMAIN'));
    await expect(backend.mapFrame(owner.domid, other)).rejects.toEqual(coded('ERR_CTRL_IF_DOMAIN'));
    expect(mapped.load32(0)).toBe(0x5a5a5a5a);
    mapped.unmap();
    mapped.unmap();
  });

  it('of a domain whose link broke while its process runs is not reclaimed', async () => {
    const { owner, backend, backendDomain, frame } = await three();
    owner.memory.grantAccess(frame, backend.domid);
    const gone = once(backendDomain, 'close');
    // Nonsense in place of a question: the controller ends the link, and this process, which is the backend's, lives on.
    vi.spyOn(Connection.prototype, 'post').mockImplementationOnce(function (this: Connection) {
      void this.send({ nonsense: true });
    });
    backend.controlSocket.ask('memory-progress', {}).catch(() => {});
    await gone;
    const refusal = (await owner.reclaimFrames(backend.domid).catch((error) => error)) as CtrlIfError;
    expect(refusal.code).toBe('ERR_CTRL_IF_FRAME_IN_USE');
    expect(refusal.message).toContain(`its process ${process.pid} runs`);
  });
});

describe('a frame of another guest', () => {
  it('is mapped by no guest of the file engine, which says so', async () => {
    const controller = await listen('file');
    const { guest } = await join(controller, 'file');
    const refusal = (await guest.mapFrame(guest.domid, 2).catch((error) => error)) as CtrlIfError;
    expect(refusal).toMatchObject({ code: 'ERR_CTRL_IF_ENGINE', expected: 'native', received: 'file' });
    expect(refusal.message).toContain('the file engine maps no frames');
  });
});
