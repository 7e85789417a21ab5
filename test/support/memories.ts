/** Memories for tests, and mappers of them: nothing mapped and no name left when a test ends. */
import { fstatSync } from 'node:fs';
import { afterEach, describe } from 'vitest';
import { DomainMemory } from '../../lib/memory/domain-memory.ts';
import { FrameMapper } from '../../lib/memory/frame-mapper.ts';
import { createMemorySegment, memoryEngine } from '../../lib/page/create-memory.ts';
import type { MemorySegment } from '../../lib/page/memory-segment.ts';
import type { AtomicPage, NamedEngine } from '../../lib/page/page.ts';
import { testsNative } from './engines.ts';
import { usePages } from './pages.ts';

/** The engines that map frames. */
export const memoryEngines: readonly NamedEngine[] = ['native'];
/** Skipped in a run that is about the file engine alone. */
export const describeMemory = describe.runIf(testsNative);

/** Frames that a segment has memory for, by the system's own count of blocks of 512 bytes. */
export const residentFrames = ({ fd }: Pick<MemorySegment, 'fd'>): number => fstatSync(fd).blocks / 8;

export interface TestSegment {
  segment: MemorySegment;
  name: string;
  /** Maps a part of it, as another process would. */
  open(offset: number, bytes: number): AtomicPage;
}

/** Call it once at the top of a test file. */
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
    segment(maximum: number, engine: NamedEngine): TestSegment {
      const name = pages.name();
      const segment = createMemorySegment(name, maximum, engine);
      segments.push(segment);
      const open = (offset: number, bytes: number) => pages.keep(memoryEngine(engine).map(segment.fd, offset, bytes));
      return { segment, name, open };
    },
    /** A memory, a mapper of its frames for domain `domid`, and the offsets that were mapped. */
    shared(frames: number, maximum: number, engine: NamedEngine) {
      const { segment, name, open } = memories.segment(maximum, engine);
      const memory = new DomainMemory(segment, frames);
      const opened: number[] = [];
      const mapper = (domid: number) => {
        const made = new FrameMapper({
          owner: 1,
          domid,
          open(offset, bytes) {
            const page = open(offset, bytes);
            opened.push(offset);
            return page;
          },
        });
        mappers.push(made);
        return made;
      };
      return { segment, name, open, memory, mapper, opened };
    },
  };
  return memories;
}
