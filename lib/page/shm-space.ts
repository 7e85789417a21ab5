import { statfsSync } from 'node:fs';
import { FRAME_BYTES } from '../wire/memory.ts';
import { shmDirectory } from './name.ts';

/**
 * How many frames more this machine can give: what shared memory has room for, and no more than there is memory for,
 * since a tmpfs that promises more ends with the kernel killing processes and not with ENOSPC.
 */
export function freeFrames(): number {
  const { blocks, bavail, bsize } = statfsSync(shmDirectory());
  const room = blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize; // 0: mounted without a limit
  return Math.floor(Math.min(room, process.availableMemory()) / FRAME_BYTES);
}
