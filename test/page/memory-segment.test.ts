/** Frames that come and go in one segment. */
import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMemorySegment, memoryEngine } from '../../lib/page/create-memory.ts';
import { freeFrames } from '../../lib/page/shm-space.ts';
import { expectError } from '../support/expect-error.ts';
import { describeMemory, memoryEngines, residentFrames, useMemories } from '../support/memories.ts';
import { existsInShm, holdsOf, shmFile } from '../support/pages.ts';

const memories = useMemories();
const FRAME = 4096;

describeMemory.each(memoryEngines)('a memory segment of the %s engine', (engine) => {
  it('begins with frame 0 and grows in place', () => {
    const { segment } = memories.segment(64, engine);
    segment.store32(0, 7);
    expect(residentFrames(segment)).toBe(1);
    expect(() => segment.load32(FRAME)).toThrow(RangeError);
    segment.populate(1, 63);
    expect(residentFrames(segment)).toBe(64);
    expect(segment.load32(0)).toBe(7);
    const bytes = Buffer.alloc(63 * FRAME, 1);
    segment.read(FRAME, bytes);
    expect(bytes.equals(Buffer.alloc(63 * FRAME))).toBe(true);
  });

  it('takes frames from its middle and its end, and gives them back zeroed', () => {
    const { segment } = memories.segment(64, engine);
    segment.populate(1, 63);
    segment.write(0, new Uint8Array(64 * FRAME).fill(0xab));
    segment.punch(10, 3);
    segment.punch(50, 14);
    expect(residentFrames(segment)).toBe(47);
    for (const frame of [10, 11, 12, 50, 63]) {
      expect(() => segment.read(frame * FRAME, new Uint8Array(1)), `frame ${frame}`).toThrow(RangeError);
      expect(() => segment.store32(frame * FRAME, 1), `frame ${frame}`).toThrow(RangeError);
    }
    expect(() => segment.read(9 * FRAME, new Uint8Array(2 * FRAME))).toThrow(RangeError);
    segment.populate(10, 3);
    segment.populate(63, 1); // beyond a hole that stays
    expect(residentFrames(segment)).toBe(51);
    for (const frame of [10, 12, 63]) expect(segment.load32(frame * FRAME)).toBe(0);
    for (const frame of [9, 13, 49]) expect(segment.load32(frame * FRAME)).toBe(0xabababab);
  });

  it('refuses frames that it does not have', () => {
    const { segment } = memories.segment(8, engine);
    for (const [first, count] of [
      [8, 1],
      [0, 9],
      [-1, 1],
      [2, 0],
    ] as const) {
      expect(() => segment.populate(first, count), `${first}, ${count}`).toThrow();
      expect(() => segment.punch(first, count), `${first}, ${count}`).toThrow();
    }
    for (const offset of [-4, 2, 8 * FRAME, 2 ** 40])
      expect(() => segment.load32(offset), `${offset}`).toThrow(RangeError);
    expect(residentFrames(segment)).toBe(1);
  });

  it('throws ERR_CTRL_IF_PAGE_CLOSED after unmap, which may be repeated', () => {
    const { segment } = memories.segment(8, engine);
    segment.unmap();
    segment.unmap();
    for (const act of [
      () => segment.load32(0),
      () => segment.store32(0, 1),
      () => segment.read(0, new Uint8Array(1)),
      () => segment.write(0, new Uint8Array(1)),
      () => segment.populate(1, 1),
      () => segment.punch(1, 1),
    ]) {
      expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', act);
    }
    expect(segment.fd).toBe(-1);
  });

  it('exchanges a word only where it finds what it expects', () => {
    const { segment } = memories.segment(8, engine);
    expect(segment.compareExchange32(8, 0, 0xffffffff)).toBe(0);
    expect(segment.compareExchange32(8, 0, 5)).toBe(0xffffffff);
    expect(segment.compareExchange32(8, 0xffffffff, 6)).toBe(0xffffffff);
    expect(segment.load32(8)).toBe(6);
    expect(() => segment.compareExchange32(FRAME, 0, 1)).toThrow(RangeError);
  });
});

describeMemory.each(memoryEngines)('a named memory of the %s engine', (engine) => {
  it('is this user’s alone, and its parts are mapped by its descriptor', () => {
    const { segment, name, open } = memories.segment(16, engine);
    expect(statSync(shmFile(name)).mode & 0o777).toBe(0o600);
    segment.populate(1, 15);
    const window = open(15 * FRAME, FRAME);
    segment.store32(15 * FRAME + 8, 9);
    expect(window.load32(8)).toBe(9);
    expect(() => window.load32(FRAME)).toThrow(RangeError);
    expect(() => window.load32(-4)).toThrow(RangeError);
    expectError('ERR_CTRL_IF_PAGE_TRUNCATED', 'bytes', () => open(16 * FRAME, FRAME));
  });

  it('leaves nothing behind when it cannot be created', () => {
    const name = memories.name();
    for (const maximum of [0, 2, -5, 1.5, Number.NaN, 2 ** 24 + 1]) {
      expectError('ERR_CTRL_IF_MEMORY_TARGET', '3 to', () => createMemorySegment(name, maximum, engine));
    }
    expectError('ERR_CTRL_IF_PAGE_NAME', 'page name', () => createMemorySegment('no slash', 8, engine));
    expect(existsInShm(name)).toBe(false);
    const first = memories.segment(8, engine);
    expectError('ERR_CTRL_IF_PAGE_EXISTS', first.name, () => createMemorySegment(first.name, 8, engine));
    expect(holdsOf(first.name).length).toBeLessThanOrEqual(2);
  });

  it('costs addresses for its maximum, and no memory', () => {
    const before = freeFrames();
    const { segment } = memories.segment(2 ** 22, engine); // 16 GiB
    expect(residentFrames(segment)).toBe(1);
    expect(before - freeFrames()).toBeLessThan(2 ** 18);
  });
});

describe('a memory of the file engine', () => {
  it('is ERR_CTRL_IF_ENGINE, and names the engine that has one', () => {
    const name = memories.name();
    for (const act of [() => createMemorySegment(name, 8, 'file'), () => memoryEngine('file')]) {
      const error = expectError('ERR_CTRL_IF_ENGINE', 'need the native engine: the file engine maps no frames; ', act);
      expect(error).toMatchObject({ expected: 'native', received: 'file' });
    }
    expect(existsInShm(name)).toBe(false);
  });
});
