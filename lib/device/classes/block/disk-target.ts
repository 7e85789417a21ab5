import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Target } from './pdevice-table.ts';

/**
 * Why a disk of that target cannot be served, in words for people; undefined where it can. The target is the path of a file or a
 * device; one that is relative is relative to the directory in which this process was started.
 */
export async function whyNotServed({ target, mode }: Target): Promise<string | undefined> {
  const path = resolve(target);
  try {
    if ((await stat(path)).isDirectory()) return `${path} is a directory; name a file or a device`;
    // Who writes to a disk reads it as well.
    await access(path, mode === 'r' ? constants.R_OK : constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return whyNotOpened(path, mode, error as NodeJS.ErrnoException);
  }
}

function whyNotOpened(path: string, mode: Target['mode'], { code = 'no code' }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `${path} does not exist; create it, or name another file or device`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return mode === 'r'
        ? `${path} may not be read (${code}); change its permissions`
        : `${path} may not be read and written (${code}); change its permissions, or attach it with mode=r`;
    default:
      return `${path} cannot be opened (${code})`;
  }
}
