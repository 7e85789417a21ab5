import { statfsSync } from 'node:fs';
import { FRAME_BYTES } from '../wire/memory.ts';
import { shmDirectory } from './name.ts';

/**
 * How many more frames this host can give: as many as shared memory has room for, but at most as many as fit in free memory.
 * When a tmpfs is larger than memory, the kernel kills processes instead of returning ENOSPC.
 */
export function freeFrames(): number {
  const { blocks, bavail, bsize } = statfsSync(shmDirectory());
  const room = blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize; // 0: tmpfs without a limit
  return Math.floor(Math.min(room, process.availableMemory()) / FRAME_BYTES);
}
