/** Memories for tests, and mappers of them: nothing mapped and no name left when a test ends. */
import { afterEach } from 'vitest';
import { DomainMemory } from '../../lib/memory/domain-memory.ts';
import { FrameMapper } from '../../lib/memory/frame-mapper.ts';
import { openPage } from '../../lib/page/control-page.ts';
import { createMemorySegment } from '../../lib/page/create-memory.ts';
import type { MemorySegment } from '../../lib/page/memory-segment.ts';
import type { EngineName, Page } from '../../lib/page/page.ts';
import { PageWindow } from '../../lib/page/page-window.ts';
import { SabMemory } from '../../lib/page/sab-memory.ts';
import { SabPage } from '../../lib/page/sab-page.ts';
import { testsNative } from './engines.ts';
import { usePages } from './pages.ts';

/** Owner's engine and backend's. */
export const memoryPairs: readonly (readonly [EngineName, EngineName])[] = [
  ...(testsNative
    ? ([
        ['native', 'native'],
        ['native', 'file'],
        ['file', 'native'],
      ] as const)
    : []),
  ['file', 'file'],
  ['sab', 'sab'],
];
export const memoryEngines: readonly EngineName[] = testsNative ? ['native', 'file', 'sab'] : ['file', 'sab'];

export interface TestSegment {
  segment: MemorySegment;
  name: string;
  /** Maps a part of it, as another process would. */
  open(engine: EngineName, offset: number, bytes: number): Page;
}

/** To be called once at the top of a test file. */
export function useMemories() {
  const pages = usePages();
  const segments: MemorySegment[] = [];
  const mappers: FrameMapper[] = [];
  afterEach(() => {
    for (const mapper of mappers.splice(0)) mapper.close();
    for (const segment of segments.splice(0)) segment.unmap();
  });
  const memories = {
    name: () => pages.name(),
    segment(maximum: number, engine: EngineName): TestSegment {
      const name = pages.name();
      const segment = engine === 'sab' ? new SabMemory(maximum) : createMemorySegment(name, maximum, engine);
      segments.push(segment);
      const whole = (by: EngineName) =>
        segment instanceof SabMemory
          ? new SabPage(segment.buffer)
          : pages.keep(openPage(name, offsetBytes, by as 'native' | 'file'));
      let offsetBytes = 0;
      const open = (by: EngineName, offset: number, bytes: number) => {
        offsetBytes = offset + bytes;
        return new PageWindow(whole(by), offset, bytes);
      };
      return { segment, name, open };
    },
    /** A memory and what maps its frames for domain `domid`. */
    shared(frames: number, maximum: number, owner: EngineName, backend: EngineName) {
      const test = memories.segment(maximum, owner);
      const memory = new DomainMemory(test.segment, frames);
      const mapper = (domid: number) => {
        const made = new FrameMapper({ owner: 1, domid, open: (offset, bytes) => test.open(backend, offset, bytes) });
        mappers.push(made);
        return made;
      };
      return { ...test, memory, mapper };
    },
  };
  return memories;
}
