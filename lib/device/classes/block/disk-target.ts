import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Target } from './pdevice-table.ts';

/**
 * Returns the sentence that says why the target cannot be served, or undefined if it can. The target is the path of a file or a device,
 * relative to the working directory of this process.
 */
export async function whyNotServed({ target, mode }: Target): Promise<string | undefined> {
  const path = resolve(target);
  try {
    if ((await stat(path)).isDirectory()) return `${path} is a directory; name a file or a device`;
    // A guest also reads a disk that it may write.
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
