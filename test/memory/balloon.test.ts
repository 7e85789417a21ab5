/** Resizing: how far it gets, which frames it never takes, and what it reports. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CtrlIfError } from '../../lib/errors.ts';
import { Balloon, type BalloonOptions, type MemorySize } from '../../lib/memory/balloon.ts';
import { FrameAllocator } from '../../lib/memory/frame-allocator.ts';

/** A segment with room for `room` frames, which records the frames with memory. */
class Machine {
  readonly populated = new Set<number>();
  room: number;

  constructor(room: number) {
    this.room = room;
  }

  populate(first: number, count: number): void {
    if (count > this.room) throw new CtrlIfError('ERR_CTRL_IF_PAGE_NO_SPACE', 'no room');
    this.room -= count;
    for (let frame = first; frame < first + count; frame++) {
      expect(this.populated.has(frame)).toBe(false);
      this.populated.add(frame);
    }
  }

  punch(first: number, count: number): void {
    this.room += count;
    for (let frame = first; frame < first + count; frame++) expect(this.populated.delete(frame)).toBe(true);
  }
}

function balloon(frames: number, maximum: number, options: BalloonOptions & { room?: number } = {}) {
  const machine = new Machine(options.room ?? 1e6);
  const allocator = new FrameAllocator(maximum, 2);
  machine.populate(2, frames - 2);
  allocator.bringIn({ first: 2, count: frames - 2 });
  return { machine, allocator, balloon: new Balloon(machine, allocator, { available: () => 1e6, ...options }) };
}

describe('a resize', () => {
  it('grows and shrinks to its target in batches, and reports each', async () => {
    const { balloon: it, machine } = balloon(10, 100, { batch: 8 });
    const seen: MemorySize[] = [];
    expect(await it.resize(30, { onProgress: (size) => seen.push(size) })).toEqual({
      target: 30,
      reached: 30,
      reason: 'done',
    });
    expect(seen.map(({ reached }) => reached)).toEqual([18, 26, 30]);
    expect(seen.every(({ target }) => target === 30)).toBe(true);
    expect(await it.resize(12)).toEqual({ target: 12, reached: 12, reason: 'done' });
    expect([...machine.populated]).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await it.resize(12)).toMatchObject({ reason: 'done' });
  });

  it('is resizing before its first batch', async () => {
    const states: string[] = [];
    const { balloon: it } = balloon(10, 100, {
      batch: 4,
      watch: (size, state) => states.push(`${state} ${size.reached}`),
    });
    const running = it.resize(17);
    expect(it.size).toEqual({ target: 17, reached: 10 });
    expect(states).toEqual(['resizing 10']);
    await running;
    expect(states).toEqual(['resizing 10', 'resizing 14', 'done 17']);
  });

  it('gives the event loop its turn', async () => {
    const { balloon: it } = balloon(10, 1000, { batch: 10 });
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await it.resize(500);
    over = true;
    expect(turns).toBeGreaterThan(40);
  });

  it('never takes a frame in use, and reports that it stopped at one', async () => {
    const { balloon: it, allocator, machine } = balloon(20, 100);
    const used = allocator.allocateMany(10);
    for (const frame of used.splice(2, 3)) allocator.free(frame);
    expect(await it.resize(3)).toEqual({ target: 3, reached: 9, reason: 'in-use' });
    expect([...machine.populated]).toEqual(used);
    expect(it.size).toEqual({ target: 3, reached: 9 });
    for (const frame of used) allocator.free(frame);
    expect(await it.resize(3)).toMatchObject({ reached: 3, reason: 'done' });
  });

  it('stops at the maximum, and when the host has no more memory', async () => {
    const capped = balloon(10, 50, { batch: 16 });
    expect(await capped.balloon.resize(60)).toEqual({ target: 60, reached: 50, reason: 'maximum' });
    const poor = balloon(10, 50, { batch: 16, room: 8 + 21 });
    expect(await poor.balloon.resize(40)).toEqual({ target: 40, reached: 31, reason: 'no-space' });
    expect(poor.machine.room).toBe(0);
    let available = 5;
    const careful = balloon(10, 50, { available: () => Math.max(0, available--) });
    expect(await careful.balloon.resize(50)).toMatchObject({ reason: 'no-space' });
  });

  it('is superseded by a later one', async () => {
    const { balloon: it } = balloon(10, 1000, { batch: 8 });
    const first = it.resize(900);
    let second: Promise<unknown> | undefined;
    const third = it.resize(500, {
      onProgress: ({ reached }) => {
        if (reached >= 50) second ??= it.resize(20);
      },
    });
    expect(await first).toEqual({ target: 900, reached: 10, reason: 'superseded' });
    expect(await third).toMatchObject({ target: 500, reason: 'superseded' });
    expect(await second).toEqual({ target: 20, reached: 20, reason: 'done' });
  });

  it('fails when the system fails, and keeps its frames', async () => {
    const states: string[] = [];
    const { balloon: it, allocator, machine } = balloon(20, 100, { watch: (_, state) => states.push(state) });
    machine.punch = () => {
      throw new Error('EIO');
    };
    await expect(it.resize(5)).rejects.toThrow('EIO');
    expect(allocator).toMatchObject({ populated: 20, available: 18 });
    expect(states.at(-1)).toBe('failed');
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a target of %s', async (target) => {
    const { balloon: it } = balloon(10, 50);
    await expect(it.resize(target)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_MEMORY_TARGET' });
    expect(it.size.target).toBe(10);
  });

  it('never takes a frame in use and counts correctly, whatever happens in between', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('resize' as const), n: fc.nat(70) }),
      fc.record({ do: fc.constant('allocate' as const), n: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ do: fc.constant('free' as const), n: fc.nat(63) }),
      fc.record({ do: fc.constant('turn' as const), n: fc.nat(3) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 40 }), async (steps, room) => {
        const { balloon: it, allocator, machine } = balloon(10, 64, { batch: 3, room: 8 + room });
        const used = new Set<number>();
        // The count when the resize ends: frames may be freed later.
        const resize = (target: number) => it.resize(target).then((end) => ({ ...end, free: allocator.available }));
        let last = resize(10);
        for (const { do: what, n } of steps) {
          if (what === 'resize') last = resize(n);
          if (what === 'allocate' && n <= allocator.available) {
            for (const frame of allocator.allocateMany(n)) used.add(frame);
          }
          if (what === 'free' && used.delete(n)) allocator.free(n);
          if (what === 'turn') for (let i = 0; i < n; i++) await new Promise(setImmediate);
          expect(machine.populated.size + 2).toBe(allocator.populated);
          for (const frame of used) expect(machine.populated.has(frame)).toBe(true);
        }
        const { target, reached, reason, free } = await last;
        expect(reached).toBe(allocator.populated);
        expect(reason).toBe(
          reached === target ? 'done' : reached > target ? 'in-use' : machine.room === 0 ? 'no-space' : 'maximum',
        );
        if (reason === 'in-use') expect(free).toBe(0);
        if (reason === 'maximum') expect(reached).toBe(64);
      }),
      { numRuns: 60 },
    );
  });
});
