/** Frames allocated and taken away, against a model: a set of numbers for each state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAllocator } from '../../lib/memory/frame-allocator.ts';
import { expectError } from '../support/expect-error.ts';

const MAXIMUM = 24;
const RESERVED = 2;

function allocator(populated: number): FrameAllocator {
  const frames = new FrameAllocator(MAXIMUM, RESERVED);
  if (populated > RESERVED) frames.bringIn({ first: RESERVED, count: populated - RESERVED });
  return frames;
}

/** Whether the frame is in use for the allocator. */
function isUsed(frames: FrameAllocator, frame: number): boolean {
  try {
    frames.checkUsed(frame);
    return true;
  } catch {
    return false;
  }
}

describe('a frame allocator', () => {
  it('gives the lowest free frame, and never a reserved one', () => {
    const frames = allocator(6);
    expect(frames.allocateMany(4)).toEqual([2, 3, 4, 5]);
    frames.free(4);
    frames.free(2);
    expect([frames.allocateMany(1), frames.allocateMany(1)].flat()).toEqual([2, 4]);
    expect(frames).toMatchObject({ populated: 6, inUse: 6, available: 0 });
  });

  it('allocates all requested frames, or none', () => {
    const frames = allocator(6);
    expectError('ERR_CTRL_IF_NO_FRAMES', '4 of', () => frames.allocateMany(5));
    expect(frames.available).toBe(4);
    for (const count of [0, -1, 1.5, Number.NaN]) {
      expectError('ERR_CTRL_IF_VALUE', 'allocate', () => frames.allocateMany(count));
    }
  });

  it('frees a frame once, and only a frame of its own', () => {
    const frames = allocator(6);
    const [frame] = frames.allocateMany(1) as [number];
    frames.free(frame);
    expectError('ERR_CTRL_IF_FRAME_NOT_ALLOCATED', 'free', () => frames.free(frame));
    expectError('ERR_CTRL_IF_FRAME_NOT_ALLOCATED', 'no memory', () => frames.free(20));
    for (const reserved of [0, 1]) expectError('ERR_CTRL_IF_FRAME_NOT_ALLOCATED', 'grant', () => frames.free(reserved));
    for (const foreign of [MAXIMUM, -1, 2.5, Number.NaN, 2 ** 40]) {
      expectError('ERR_CTRL_IF_FRAME_RANGE', String(foreign), () => frames.free(foreign));
    }
    expect(frames).toMatchObject({ populated: 6, inUse: 2, available: 4 });
  });

  it('behaves as its model', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('allocate' as const), n: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ do: fc.constant('free' as const), n: fc.nat(MAXIMUM) }),
      fc.record({ do: fc.constant('out' as const), n: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ do: fc.constant('in' as const), n: fc.integer({ min: 1, max: 8 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const frames = new FrameAllocator(MAXIMUM, RESERVED);
        const free = new Set<number>();
        const used = new Set<number>();
        const out = new Set(Array.from({ length: MAXIMUM - RESERVED }, (_, i) => i + RESERVED));
        const move = (from: Set<number>, to: Set<number>, frame: number) => {
          expect(from.delete(frame)).toBe(true);
          to.add(frame);
        };
        for (const { do: what, n } of steps) {
          if (what === 'allocate') {
            if (n > free.size) expectError('ERR_CTRL_IF_NO_FRAMES', String(n), () => frames.allocateMany(n));
            else {
              const lowest = [...free].sort((a, b) => a - b).slice(0, n);
              expect(frames.allocateMany(n)).toEqual(lowest);
              for (const frame of lowest) move(free, used, frame);
            }
          } else if (what === 'free') {
            if (used.has(n)) {
              frames.free(n);
              move(used, free, n);
            } else expect(() => frames.free(n)).toThrow();
          } else {
            const [from, to] = what === 'in' ? [out, free] : [free, out];
            const run = what === 'in' ? frames.lowestOut(n) : frames.highestFree(n);
            expect(run === undefined).toBe(from.size === 0);
            if (!run) continue;
            expect(run.count).toBeLessThanOrEqual(n);
            if (what === 'in') {
              expect(run.first).toBe(Math.min(...from));
              frames.bringIn(run);
            } else {
              expect(run.first + run.count - 1).toBe(Math.max(...from));
              frames.takeOut(run);
            }
            for (let i = 0; i < run.count; i++) move(from, to, run.first + i);
            // As many as requested, unless a neighbour is in another state.
            if (run.count < n) expect(from.has(what === 'in' ? run.first + run.count : run.first - 1)).toBe(false);
          }
          expect(frames).toMatchObject({
            populated: RESERVED + free.size + used.size,
            inUse: RESERVED + used.size,
            available: free.size,
          });
          for (let frame = 0; frame < MAXIMUM; frame++) expect(isUsed(frames, frame)).toBe(used.has(frame));
        }
      }),
    );
  });
});
