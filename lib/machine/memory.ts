import type { Domain } from '../domain/domain.ts';
import { CtrlIfError } from '../errors.ts';
import { freeFrames } from '../page/shm-space.ts';
import { FRAMES_PER_MIB, type ResolvedConfig } from './config.ts';
import type { MemoryInfo } from './operations.ts';

/** The memory of a domain by its control page. Without a link or a memory: the sizes of its configuration. */
export function memoryInfo(link: Domain | undefined, { memory, maxMemory }: ResolvedConfig): MemoryInfo {
  const status = link?.memory;
  if (!status) return { target: memory, reached: 0, maximum: maxMemory, state: 'none' };
  const { target, reached, maximum, state } = status;
  return { target: toMiB(target), reached: toMiB(reached), maximum: toMiB(maximum), state };
}

/** Resolves when the domain has reached `target` MiB. @throws CtrlIfError as {@link Domain.resizeMemory} */
export async function setMemory(link: Domain, target: number, config: ResolvedConfig): Promise<MemoryInfo> {
  await link.resizeMemory(target * FRAMES_PER_MIB);
  return memoryInfo(link, config);
}

/** @throws CtrlIfError `ERR_CTRL_IF_PAGE_NO_SPACE` if the domain starts with more memory than the system has free */
export function checkRoom({ name, memory }: ResolvedConfig): void {
  const room = freeFrames();
  if (memory * FRAMES_PER_MIB <= room) return;
  throw new CtrlIfError(
    'ERR_CTRL_IF_PAGE_NO_SPACE',
    `domain ${name} needs ${memory} MiB, and ${Math.floor(toMiB(room))} MiB of shared memory are free`,
    {
      advice: 'give the domain less, or free some (df /dev/shm)',
      subject: name,
      expected: `at most ${Math.floor(toMiB(room))} MiB`,
      received: memory,
    },
  );
}

const toMiB = (frames: number): number => frames / FRAMES_PER_MIB;
