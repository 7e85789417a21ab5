import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CtrlIfError } from '../errors.ts';
import { pageError } from './failure.ts';
import { isAlive, type ProcessIdentity, processIdentity } from './process-identity.ts';

/**
 * Names of pages in shared memory: `/ctrl-if.PID.STARTTIME.RANDOM`. A name says who made it, so that one whose maker
 * was killed in the instant before it was unlinked can be known for stale and swept.
 */
const PREFIX = 'ctrl-if.';
const OWN_NAME = /^ctrl-if\.(\d+)\.(\d+)\.[0-9a-f]{16}$/;

/** Where a shared-memory object is seen as a file. */
export function shmDirectory(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

export function newPageName(owner: ProcessIdentity = processIdentity()): string {
  return `/${PREFIX}${owner.pid}.${owner.startTime}.${randomBytes(8).toString('hex')}`;
}

/** Whether `name` is one that {@link newPageName} makes. */
export function isPageName(name: string): boolean {
  return name.startsWith('/') && OWN_NAME.test(name.slice(1));
}

/** The file of page `name`; throws `ERR_CTRL_IF_PAGE_NAME` for a name that shm_open would not take. */
export function pagePath(name: string): string {
  return join(shmDirectory(), checkPageName(name).slice(1));
}

export function checkPageName(name: string): string {
  if (!/^\/(?!\.{1,2}$)[^/\0]+$/.test(name) || Buffer.byteLength(name) > 255) {
    throw new CtrlIfError(
      'ERR_CTRL_IF_PAGE_NAME',
      `${JSON.stringify(name)} is not a page name: it must be "/" and then 1 to 254 bytes without "/", other than "." and ".."`,
      {
        expected: '"/NAME", NAME without "/"',
        received: name,
      },
    );
  }
  return name;
}

/** Takes the name away; the memory stays with those who mapped it. A name that is gone already is no error. */
export function unlinkPage(name: string): void {
  try {
    unlinkSync(pagePath(name));
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw pageError(failure, name);
  }
}

/** Unlinks the pages of this user whose makers are dead, and returns their names. */
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
