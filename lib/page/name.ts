import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CtrlIfError } from '../errors.ts';
import { pageError } from './failure.ts';
import { isAlive, type ProcessIdentity, processIdentity } from './process-identity.ts';

/**
 * Names of pages in shared memory: `/ctrl-if.PID.STARTTIME.RANDOM`. The name identifies the process that made it, so that a
 * sweep can remove the page of a process that was killed before it unlinked the name.
 */
const PREFIX = 'ctrl-if.';
const OWN_NAME = /^ctrl-if\.(\d+)\.(\d+)\.[0-9a-f]{16}$/;

/** The directory in which shared-memory objects are files. */
export function shmDirectory(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** A new name for a page of this process: `/ctrl-if.PID.STARTTIME.RANDOM`, with 16 random hexadecimal digits. */
export function newPageName(owner: ProcessIdentity = processIdentity()): string {
  return `/${PREFIX}${owner.pid}.${owner.startTime}.${randomBytes(8).toString('hex')}`;
}

/** Whether {@link newPageName} makes names like `name`. */
export function isPageName(name: string): boolean {
  return name.startsWith('/') && OWN_NAME.test(name.slice(1));
}

/**
 * The file of page `name`.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_PAGE_NAME` when shm_open would not accept the name
 */
export function pagePath(name: string): string {
  return join(shmDirectory(), checkPageName(name).slice(1));
}

/** @throws CtrlIfError `ERR_CTRL_IF_PAGE_NAME` when shm_open would not accept the name */
export function checkPageName(name: string): string {
  if (!/^\/(?!\.{1,2}$)[^/\0]+$/.test(name) || Buffer.byteLength(name) > 255) {
    throw new CtrlIfError('ERR_CTRL_IF_PAGE_NAME', `${JSON.stringify(name)} is not a page name`, {
      advice: 'give "/" and then 1 to 254 bytes without "/", other than "." and ".."',
      expected: '"/NAME", NAME without "/"',
      received: name,
    });
  }
  return name;
}

/**
 * Removes the name of a page. Its memory lives until the last process unmaps it. A name that does not exist is no error.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_PAGE_NAME` when the name is invalid; `ERR_CTRL_IF_PAGE_PERMISSION` when the page belongs to
 *   another user
 */
export function unlinkPage(name: string): void {
  try {
    unlinkSync(pagePath(name));
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw pageError(failure, name);
  }
}

/** Unlinks this user's pages whose processes are dead, and returns their names. */
export function sweepStalePages(): string[] {
  const directory = shmDirectory();
  const swept: string[] = [];
  for (const entry of readdirSync(directory)) {
    const [, pid, startTime] = OWN_NAME.exec(entry) ?? [];
    if (pid === undefined || startTime === undefined) continue;
    if (isAlive({ pid: Number(pid), startTime: BigInt(startTime) })) continue;
    try {
      if (lstatSync(join(directory, entry)).uid !== process.getuid?.()) continue;
      unlinkSync(join(directory, entry));
      swept.push(`/${entry}`);
    } catch {
      // Another sweeper was faster.
    }
  }
  return swept;
}
