import { CtrlIfError } from '../errors.ts';
import { MAX_FRAMES, reservedFrames } from '../wire/memory.ts';
import { chooseEngine } from './choose-engine.ts';
import { FileMemory } from './file-memory.ts';
import { checkPageName } from './name.ts';
import { NativeMemory } from './native-memory.ts';

/** Creates segment `name`, this user's alone, with frame 0 and addresses for `maximum` frames. */
export function createMemorySegment(
  name: string,
  maximum: number,
  engine: 'native' | 'file' = chooseEngine().engine,
): NativeMemory | FileMemory {
  checkPageName(name);
  checkMaximum(maximum);
  return engine === 'native' ? NativeMemory.create(name, maximum) : FileMemory.create(name, maximum);
}

/** A memory has room for its control page, its grant table and at least one frame more. */
export function checkMaximum(maximum: number): void {
  if (Number.isInteger(maximum) && maximum <= MAX_FRAMES && maximum > reservedFrames(Math.max(maximum, 0))) return;
  throw new CtrlIfError(
    'ERR_CTRL_IF_MEMORY_TARGET',
    `a memory cannot have a maximum of ${maximum} frames; it must be an integer from 3 to ${MAX_FRAMES} (4 KiB each)`,
    { expected: `3 to ${MAX_FRAMES} frames`, received: maximum },
  );
}
