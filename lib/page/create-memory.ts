import { CtrlIfError } from '../errors.ts';
import { MAX_FRAMES, reservedFrames } from '../wire/memory.ts';
import { chooseEngine, engineNamed } from './choose-engine.ts';
import type { MemoryEngine } from './engine.ts';
import { ENGINES } from './engines.ts';
import type { MemorySegment } from './memory-segment.ts';
import { checkPageName } from './name.ts';
import type { NamedEngine } from './page.ts';

/**
 * Creates segment `name`, for this user alone, with frame 0 and addresses for `maximum` frames.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_MEMORY_TARGET` when `maximum` is out of range; `ERR_CTRL_IF_ENGINE` when the engine maps no
 *   frames; the errors of {@link import('./control-page.ts').createPage}
 */
export function createMemorySegment(
  name: string,
  maximum: number,
  engine: NamedEngine = chooseEngine().engine,
): MemorySegment {
  checkPageName(name);
  checkMaximum(maximum);
  return memoryEngine(engine).create(name, maximum);
}

/**
 * The engine's mappings of guest memory.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_ENGINE` when the engine maps no frames
 */
export function memoryEngine(engine: NamedEngine): MemoryEngine {
  const { memory } = engineNamed(engine);
  if (memory) return memory;
  const able = ENGINES.filter((other) => other.memory);
  const names = able.map(({ name }) => name).join(' or ');
  const advice = able.every((other) => other.absence()) ? able[0]?.absence()?.advice : undefined;
  throw new CtrlIfError(
    'ERR_CTRL_IF_ENGINE',
    `guest memory and frames need the ${names} engine: the ${engine} engine maps no frames`,
    {
      advice: advice ?? `leave the choice to ctrl-if, or ask for ${names} (CTRL_IF_ENGINE, or the engine option)`,
      expected: names,
      received: engine,
    },
  );
}

/**
 * A memory has its control page, its grant table and at least one more frame.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_MEMORY_TARGET` when `maximum` is out of range
 */
export function checkMaximum(maximum: number): void {
  if (Number.isInteger(maximum) && maximum <= MAX_FRAMES && maximum > reservedFrames(Math.max(maximum, 0))) return;
  throw new CtrlIfError('ERR_CTRL_IF_MEMORY_TARGET', `a memory cannot have a maximum of ${maximum} frames of 4 KiB`, {
    advice: `give an integer from 3 to ${MAX_FRAMES}`,
    expected: `3 to ${MAX_FRAMES} frames`,
    received: maximum,
  });
}
