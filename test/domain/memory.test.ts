/** A guest's memory, as it and its controller see it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CtrlIfError, Guest, type GuestOptions } from '../../lib/index.ts';
import type { MemoryStatus } from '../../lib/memory/memory-status.ts';
import { namedEngines } from '../support/engines.ts';
import { describeMemory } from '../support/memories.ts';
import { pagesOf, useRuntimeDirectory } from './meeting.ts';
import { coded, join, listen, useMemoryGuests } from './memory-guests.ts';

useRuntimeDirectory();
useMemoryGuests();

/** The bytes of shared memory under unlinked names that this process has mapped, one number a mapping. */
function mappings(): number[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('/dev/shm/ctrl-if.') && line.includes('(deleted)') && line.includes('rw-s'))
    .map((line) => {
      const [from, to] = line
        .split(' ')[0]!
        .split('-')
        .map((address) => Number.parseInt(address, 16));
      return to! - from!;
    });
}

describeMemory.each(namedEngines)('a guest with a memory, whose controller has the %s engine', (engine) => {
  it('has its control page in frame 0, and no name once it is met', async () => {
    const controller = await listen(engine);
    const { guest, domain } = await join(controller, 'native', { frames: 16, maximum: 64 });
    expect(pagesOf(process.pid)).toEqual([]);
    expect(guest.memory.size).toEqual({ target: 16, reached: 16 });
    expect(domain.memory).toEqual({ maximum: 64, target: 16, reached: 16, state: 'idle' });
    await domain.sysrq('x').catch(() => {}); // a message over frame 0's rings, answered "not understood"
    expect(guest.stats.requestsReceived).toBe(1);
    expect(guest.memory.allocate()).toBe(2);
  });

  if (engine === 'native') {
    it('has no more than that page mapped in its controller', async () => {
      const controller = await listen(engine);
      const before = mappings().length;
      await join(controller, 'native', { frames: 16 });
      // The memory itself; its first frame for the guest's rings; the same for the controller's; each other's events.
      const sizes = mappings()
        .slice()
        .sort((a, b) => b - a);
      expect(sizes[0]).toBe(16 * 4096);
      expect(sizes.slice(1).every((bytes) => bytes === 4096)).toBe(true);
      expect(sizes.length).toBeGreaterThan(before + 2);
    });
  }

  if (engine === 'native') {
    it('has event channels like any other', async () => {
      const controller = await listen(engine);
      const { guest: one } = await join(controller, 'native', { frames: 8 });
      const { guest: two } = await join(controller, 'native', { frames: 8 });
      const [portOne, portTwo] = await controller.channels.connect(one.domid, two.domid);
      for (const [from, to] of [
        [one.channels.get(portOne), two.channels.get(portTwo)],
        [two.channels.get(portTwo), one.channels.get(portOne)],
      ] as const) {
        const fired = new Promise<void>((resolve) => to.onNotify(resolve));
        from.notify();
        await fired;
      }
    });
  }

  it('follows the target of its controller, which gets the progress', async () => {
    const controller = await listen(engine);
    const { guest, domain } = await join(controller, 'native', { frames: 20, maximum: 8000 });
    const seen: MemoryStatus[] = [];
    const grown = await domain.resizeMemory(8000, { onProgress: (status) => seen.push(status) });
    expect(grown).toEqual({ maximum: 8000, target: 8000, reached: 8000, state: 'done' });
    expect(guest.memory.size.reached).toBe(8000);
    const steps = seen.map(({ reached }) => reached);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(await domain.resizeMemory(10)).toMatchObject({ reached: 10, state: 'done' });
    expect(domain.memory).toEqual({ maximum: 8000, target: 10, reached: 10, state: 'done' });
    expect(await domain.resizeMemory(10)).toMatchObject({ reached: 10 });
  });

  it('shrinks no further than to what is in use, and says so', async () => {
    const controller = await listen(engine);
    const { guest, domain } = await join(controller, 'native', { frames: 100 });
    const frames = guest.memory.allocateMany(20);
    for (const frame of frames) guest.memory.frame(frame).store32(0, frame);
    const refusal = (await domain.resizeMemory(5).catch((error) => error)) as CtrlIfError;
    expect(refusal).toMatchObject({ code: 'ERR_CTRL_IF_MEMORY_IN_USE', domid: 1, received: 22 });
    expect(refusal.message).toContain('has 22 frames of memory and not the 5');
    expect(frames.every((frame) => guest.memory.frame(frame).load32(0) === frame)).toBe(true);
    expect(domain.memory).toMatchObject({ reached: 22, state: 'in-use' });
    for (const frame of frames) guest.memory.free(frame);
    expect(await domain.resizeMemory(5)).toMatchObject({ reached: 5 });
  });

  it('cannot grow over its maximum', async () => {
    const controller = await listen(engine);
    const { domain } = await join(controller, 'native', { frames: 5, maximum: 8 });
    await expect(domain.resizeMemory(9)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_MEMORY_TARGET', received: 8 });
  });

  it('works towards the last target, and the earlier resize rejects', async () => {
    const controller = await listen(engine);
    const { domain } = await join(controller, 'native', { frames: 20, maximum: 4000 });
    const first = expect(domain.resizeMemory(4000)).rejects.toEqual(coded('ERR_CTRL_IF_MEMORY_SUPERSEDED'));
    expect(await domain.resizeMemory(8)).toMatchObject({ reached: 8, state: 'done' });
    await first;
  });

  it("goes on when the controller's wait has ended by signal or time", async () => {
    const controller = await listen(engine);
    const { guest, domain } = await join(controller, 'native', { frames: 20, maximum: 8000 });
    const giveUp = new AbortController();
    const onProgress = () => giveUp.abort();
    const { signal } = giveUp;
    await expect(domain.resizeMemory(8000, { signal, onProgress })).rejects.toEqual(coded('ERR_CTRL_IF_ABORTED'));
    await expect(domain.resizeMemory(7999, { timeout: 0 })).rejects.toEqual(coded('ERR_CTRL_IF_TIMEOUT'));
    await domain.resizeMemory(7000);
    expect(guest.memory.size.reached).toBe(7000);
  });

  it('that ends in the middle is no longer waited for', async () => {
    const controller = await listen(engine);
    const { guest, domain } = await join(controller, 'native', { frames: 20, maximum: 8000 });
    await expect(domain.resizeMemory(8000, { onProgress: () => void guest.close() })).rejects.toEqual(
      coded('ERR_CTRL_IF_CLOSED'),
    );
    expect(domain.memory).toBeUndefined();
    expect(() => guest.memory.allocate()).toThrow(coded('ERR_CTRL_IF_PAGE_CLOSED'));
  });

  it('leaves the controller to a receiver of its own, and takes over when that is gone', async () => {
    const controller = await listen(engine);
    const { guest, domain } = await join(controller, 'native', { frames: 10 });
    const asked: number[] = [];
    const takeBack = guest.receive('MEM_REQUEST_SET', ({ target }) => {
      asked.push(target);
      return { status: 1 };
    });
    await expect(domain.resizeMemory(6)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_MEMORY_TARGET', received: 1 });
    expect(await domain.setMemoryTarget(6)).toMatchObject({ status: 1 });
    expect(asked).toEqual([6, 6]);
    expect(guest.memory.size.reached).toBe(10);
    takeBack();
    expect(await domain.resizeMemory(6)).toMatchObject({ reached: 6 });
  });

  it('is refused when it cannot be, and nothing is left', async () => {
    const controller = await listen(engine);
    const connect = (memory: GuestOptions['memory']) =>
      Guest.connect({ name: 'memory', engine: 'native', ...(memory && { memory }) });
    for (const memory of [{ frames: 2 }, { frames: 9, maximum: 8 }, { frames: 3.5 }, { frames: 3, maximum: -1 }]) {
      await expect(connect(memory)).rejects.toEqual(coded('ERR_CTRL_IF_MEMORY_TARGET'));
      expect(pagesOf(process.pid)).toEqual([]);
    }
    expect(controller.domains.size).toBe(0);
  });
});

describe.each(namedEngines)('a guest without a memory, by the %s engine', (engine) => {
  it('says so, and its controller does', async () => {
    const controller = await listen(engine);
    const { guest, domain } = await join(controller, engine);
    const { guest: other } = await join(controller, engine);
    expect(domain.memory).toBeUndefined();
    expect(() => guest.memory).toThrow(coded('ERR_CTRL_IF_NO_MEMORY'));
    await expect(domain.resizeMemory(10)).rejects.toEqual(coded('ERR_CTRL_IF_NO_MEMORY'));
    await expect(domain.setMemoryTarget(10)).rejects.toEqual(coded('ERR_CTRL_IF_NOT_UNDERSTOOD'));
    const refusal = engine === 'file' ? 'ERR_CTRL_IF_ENGINE' : 'ERR_CTRL_IF_DOMAIN';
    await expect(other.mapFrame(guest.domid, 2)).rejects.toEqual(coded(refusal));
    await expect(guest.reclaimFrames(2)).rejects.toEqual(coded('ERR_CTRL_IF_NO_MEMORY'));
  });
});

describe('a guest of the file engine that asks for a memory', () => {
  it('is refused at once with the engine to use, and leaves nothing', async () => {
    const controller = await listen('file');
    for (const wait of [false, true]) {
      const name = wait ? 'nobody' : 'memory'; // the refusal does not wait for a controller that may never come
      const connected = Guest.connect({ name, wait, engine: 'file', memory: { frames: 16 } });
      const refusal = (await connected.catch((error) => error)) as CtrlIfError;
      expect(refusal).toMatchObject({ code: 'ERR_CTRL_IF_ENGINE', expected: 'native', received: 'file' });
      expect(refusal.message).toMatch(
        /^guest memory and frames need the native engine: the file engine maps no frames; \w/,
      );
    }
    expect(pagesOf(process.pid)).toEqual([]);
    expect(controller.domains.size).toBe(0);
  });
});
