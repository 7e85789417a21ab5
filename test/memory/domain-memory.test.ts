/** A guest's memory and the backends that map frames of it. */
import { expect, it } from 'vitest';
import { DomainMemory } from '../../lib/memory/domain-memory.ts';
import { FrameMapper } from '../../lib/memory/frame-mapper.ts';
import { readMemoryStatus } from '../../lib/memory/memory-status.ts';
import type { AtomicPage } from '../../lib/page/page.ts';
import { SabPage } from '../../lib/page/sab-page.ts';
import { expectError } from '../support/expect-error.ts';
import { describeMemory, memoryEngines, residentFrames, useMemories } from '../support/memories.ts';
import { existsInShm, holdsOf } from '../support/pages.ts';

const memories = useMemories();
const FRAME = 4096;
const BACKEND = 5;

describeMemory.each(memoryEngines)('a frame of a %s memory, mapped by a backend', (engine) => {
  const shared = (frames = 16, maximum = 32) => memories.shared(frames, maximum, engine);

  it('has the same bytes for owner and backend', () => {
    const { memory, mapper } = shared();
    const number = memory.allocate();
    memory.grantAccess(number, BACKEND);
    const ours = memory.frame(number);
    ours.write(0, Uint8Array.of(1, 2, 3));
    const theirs = mapper(BACKEND).map(BigInt(number));
    expect(theirs).toMatchObject({ frame: number, owner: 1 });
    const bytes = new Uint8Array(3);
    theirs.read(0, bytes);
    expect([...bytes]).toEqual([1, 2, 3]);
    theirs.store32(4092, 0xfffffffe);
    expect(ours.load32(4092)).toBe(0xfffffffe);
    theirs.write(100, Buffer.alloc(3996, 0x5a));
    const seen = Buffer.alloc(FRAME);
    ours.read(0, seen);
    expect(seen.subarray(100).equals(Buffer.alloc(3996, 0x5a))).toBe(true);
  });

  it('is bounded on both sides', () => {
    const { memory, mapper } = shared();
    const [number, neighbour] = memory.allocateMany(2) as [number, number];
    memory.grantAccess(number, BACKEND);
    memory.frame(neighbour).write(0, Buffer.alloc(FRAME, 9));
    for (const frame of [memory.frame(number), mapper(BACKEND).map(number)]) {
      for (const [offset, bytes] of [
        [-4, 4],
        [4094, 4],
        [4096, 1],
        [0, 4097],
        [2 ** 32, 4],
        [Number.NaN, 1],
      ] as const) {
        expect(() => frame.read(offset, new Uint8Array(bytes)), `read ${offset}`).toThrow();
        expect(() => frame.write(offset, new Uint8Array(bytes)), `write ${offset}`).toThrow();
      }
      expect(() => frame.load32(4096)).toThrow();
      expect(() => frame.store32(-4, 1)).toThrow();
    }
    const untouched = Buffer.alloc(FRAME);
    memory.frame(neighbour).read(0, untouched);
    expect(untouched.equals(Buffer.alloc(FRAME, 9))).toBe(true);
  });

  it('is mapped by the domain that it is granted to, and no other', () => {
    const { memory, mapper } = shared();
    const number = memory.allocate();
    expectError('ERR_CTRL_IF_FRAME_NOT_GRANTED', String(number), () => mapper(BACKEND).map(number));
    memory.grantAccess(number, BACKEND);
    expect(expectError('ERR_CTRL_IF_FRAME_NOT_GRANTED', 'domain 6', () => mapper(6).map(number)).domid).toBe(1);
    expectError('ERR_CTRL_IF_FRAME_IN_USE', 'domain 5', () => memory.grantAccess(number, 6));
    memory.grantAccess(number, BACKEND); // as it is: no error
    memory.endAccess(number);
    memory.endAccess(number);
    expectError('ERR_CTRL_IF_FRAME_NOT_GRANTED', String(number), () => mapper(BACKEND).map(number));
  });

  it('is refused when it does not exist or cannot be granted', () => {
    const { memory, mapper, opened } = shared();
    const map = mapper(BACKEND);
    for (const number of [0, 1, 32, 33, -1, 1.5, Number.NaN, 2 ** 20, 2n ** 63n]) {
      expectError('ERR_CTRL_IF_FRAME_RANGE', 'domain 1', () => map.map(number));
    }
    expectError('ERR_CTRL_IF_FRAME_NOT_GRANTED', '20', () => map.map(20)); // has no memory
    expect(opened).toEqual([FRAME]); // the grant table
    for (const number of [0, 1, 20, memory.allocate() + 1]) {
      expectError('ERR_CTRL_IF_FRAME_NOT_ALLOCATED', String(number), () => memory.grantAccess(number, BACKEND));
      expectError('ERR_CTRL_IF_FRAME_NOT_ALLOCATED', String(number), () => memory.frame(number));
    }
    expectError('ERR_CTRL_IF_FRAME_RANGE', '32', () => memory.grantAccess(32, BACKEND));
    for (const domid of [-1, 65536, 1.5]) {
      expectError('ERR_CTRL_IF_VALUE', 'domid', () => memory.grantAccess(2, domid));
    }
  });

  it('can be taken back by its owner only when it has been unmapped', async () => {
    const { memory, mapper } = shared();
    const number = memory.allocate();
    memory.grantAccess(number, BACKEND);
    expectError('ERR_CTRL_IF_FRAME_IN_USE', 'granted', () => memory.free(number));
    const map = mapper(BACKEND);
    const theirs = map.map(number);
    expect(memory.isMapped(number)).toBe(true);
    expectError('ERR_CTRL_IF_FRAME_IN_USE', 'domain 5', () => mapper(BACKEND).map(number));
    expectError('ERR_CTRL_IF_FRAME_IN_USE', 'domain 5', () => memory.endAccess(number));
    const again = map.map(number); // one mapping, and two who hold it
    expect(again.page).toBe(theirs.page);
    again.unmap();
    again.unmap();
    expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => again.load32(0));
    expect(memory.isMapped(number)).toBe(true);
    expect(await memory.resize(2)).toMatchObject({ reached: 3, reason: 'in-use' });
    theirs.store32(0, 77); // and nothing happened to it
    expect(memory.frame(number).load32(0)).toBe(77);
    theirs.unmap();
    theirs.unmap();
    expect(memory.isMapped(number)).toBe(false);
    expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => theirs.load32(0));
    map.map(number).unmap(); // as often as it likes
    memory.endAccess(number);
    memory.free(number);
    expect(await memory.resize(2)).toMatchObject({ reached: 2, reason: 'done' });
  });

  it('is taken back by force from a dead domain', () => {
    const { memory, mapper } = shared();
    const [a, b, c] = memory.allocateMany(3) as [number, number, number];
    memory.grantAccess(a, BACKEND);
    memory.grantAccess(b, 6);
    memory.grantAccess(c, BACKEND);
    const dead = mapper(BACKEND);
    dead.map(a);
    const alive = mapper(6).map(b);
    expect(memory.endAllAccess(BACKEND)).toEqual([a, c]);
    memory.free(a);
    memory.free(c);
    expectError('ERR_CTRL_IF_FRAME_IN_USE', 'domain 6', () => memory.endAccess(b));
    dead.close(); // of no consequence
    memory.endAccess(b, { force: true });
    alive.unmap();
    expect(memory.allocateMany(2)).toEqual([a, c]);
  });

  it('is not mapped when its access ends in the middle', () => {
    const { memory, open } = shared();
    const number = memory.allocate();
    memory.grantAccess(number, BACKEND);
    let page: AtomicPage | undefined;
    const hasty = new FrameMapper({
      owner: 1,
      domid: BACKEND,
      open(offset, bytes) {
        if (offset === number * FRAME) memory.endAccess(number, { force: true });
        page = open(offset, bytes);
        return page;
      },
    });
    expectError('ERR_CTRL_IF_FRAME_NOT_GRANTED', String(number), () => hasty.map(number));
    expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => page!.load32(0));
    hasty.close();
    memory.free(number);
  });

  it('can be any of thousands, each with its own grant', () => {
    const { memory, mapper } = shared(2100, 3000);
    expect(memory.inUse).toBe(4); // three frames of grants
    const numbers = memory.allocateMany(2096);
    const map = mapper(BACKEND);
    for (const number of [4, 1023, 1024, 2048, 2099]) {
      expect(numbers).toContain(number);
      memory.grantAccess(number, BACKEND);
    }
    for (const number of [4, 1023, 1024, 2048, 2099]) {
      memory.frame(number).store32(8, number);
      expect(map.map(number).load32(8)).toBe(number);
    }
    for (const number of [5, 1022, 1025, 2047, 2049, 2098, 2100]) {
      expectError('ERR_CTRL_IF_FRAME_NOT_GRANTED', String(number), () => map.map(number));
    }
    expectError('ERR_CTRL_IF_FRAME_RANGE', '3000', () => map.map(3000));
  });

  it('is refused when the owner’s table is invalid', () => {
    const { segment, mapper, opened } = shared();
    for (const lie of [0, 2 ** 24 + 1, 0xffffffff]) {
      segment.store32(FRAME, lie);
      expectError('ERR_CTRL_IF_FRAME_RANGE', String(lie), () => mapper(BACKEND).map(2));
    }
    segment.store32(FRAME, 2 ** 24);
    const map = mapper(BACKEND);
    expectError('ERR_CTRL_IF_FRAME_RANGE', '2000000', () => map.map(2_000_000));
    expect(new Set(opened)).toEqual(new Set([FRAME])); // the grant table
  });
});

describeMemory.each(memoryEngines)('a memory of the %s engine', (engine) => {
  const create = (frames: number, maximum: number) => {
    const test = memories.segment(maximum, engine);
    return { ...test, memory: new DomainMemory(test.segment, frames) };
  };

  it('allocates zeroed frames, also when they were used before', () => {
    const { memory } = create(8, 16);
    const number = memory.allocate();
    memory.frame(number).write(0, Buffer.alloc(FRAME, 3));
    const stale = memory.frame(number);
    memory.free(number);
    expectError('ERR_CTRL_IF_FRAME_NOT_ALLOCATED', String(number), () => stale.load32(0));
    expect(memory.allocate()).toBe(number);
    expect(memory.frame(number).load32(0)).toBe(0);
  });

  it('grows and shrinks, as its control page shows', async () => {
    const { memory, segment, open } = create(8, 600);
    const page = open(0, FRAME);
    expect(readMemoryStatus(page)).toEqual({ maximum: 600, target: 8, reached: 8, state: 'idle' });
    const seen: unknown[] = [];
    const growing = memory.resize(600, { onProgress: () => seen.push(readMemoryStatus(page)) });
    expect(readMemoryStatus(page)).toEqual({ maximum: 600, target: 600, reached: 8, state: 'resizing' });
    expect(await growing).toEqual({ target: 600, reached: 600, reason: 'done' });
    expect(seen).toEqual([
      { maximum: 600, target: 600, reached: 264, state: 'resizing' },
      { maximum: 600, target: 600, reached: 520, state: 'resizing' },
      { maximum: 600, target: 600, reached: 600, state: 'done' },
    ]);
    expect(residentFrames(segment)).toBe(600);
    const kept = memory.allocateMany(20);
    for (const frame of kept) memory.frame(frame).store32(0, frame);
    expect(await memory.resize(5)).toEqual({ target: 5, reached: 22, reason: 'in-use' });
    expect(readMemoryStatus(page)).toMatchObject({ target: 5, reached: 22, state: 'in-use' });
    expect(residentFrames(segment)).toBe(22);
    for (const frame of kept) expect(memory.frame(frame).load32(0)).toBe(frame);
    expect(await memory.resize(9999)).toEqual({ target: 9999, reached: 600, reason: 'maximum' });
  });

  it('cannot begin with fewer frames than it needs for itself, or more than its maximum', () => {
    for (const frames of [0, 2, 17, 4.5]) {
      expectError('ERR_CTRL_IF_MEMORY_TARGET', '3 to 16', () => create(frames, 16));
    }
  });

  it('ends a resize when it is unmapped during it', async () => {
    const { memory } = create(8, 600);
    const growing = memory.resize(600);
    memory.unmap();
    await expect(growing).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PAGE_CLOSED' });
    expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => memory.allocate());
  });
});

it('has no status for a page without a memory', () => {
  const page = SabPage.create(FRAME);
  expect(readMemoryStatus(page)).toBeUndefined();
  page.store32(2192, 8);
  page.store32(2204, 99);
  expect(readMemoryStatus(page)).toBeUndefined();
});

describeMemory.each(memoryEngines)('a memory created with the %s engine', (engine) => {
  it('is created with its control page, which is frame 0 alone', () => {
    const name = memories.name();
    const { memory, page } = DomainMemory.create(name, { frames: 64, maximum: 128, engine });
    expect(page.bytes).toBe(FRAME);
    page.store32(0, 5);
    expect(memory.segment.load32(0)).toBe(5);
    expect(residentFrames(memory.segment)).toBe(64);
    memory.unmap();
    page.unmap();
    expect(holdsOf(name)).toEqual([]);
  });

  it('leaves nothing behind when it cannot be created', () => {
    const name = memories.name();
    expectError('ERR_CTRL_IF_MEMORY_TARGET', '129', () =>
      DomainMemory.create(name, { frames: 129, maximum: 128, engine }),
    );
    expect(existsInShm(name)).toBe(false);
    expect(holdsOf(name)).toEqual([]);
  });
});
