import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { CtrlIfError } from '../errors.ts';
import { atExit } from './at-exit.ts';

/**
 * Makes `server` listen at `path`. The server first listens at a path of its own, which is then linked to `path`; of several
 * servers, one succeeds. A socket of a dead controller at `path` is renamed and checked before it is removed, so that a
 * controller that linked its socket in between keeps its name. The paths are removed when the process exits.
 *
 * @returns the function that removes the path, if it is still this server's
 * @throws CtrlIfError `ERR_CTRL_IF_NAME_IN_USE` when a controller answers at `path`
 */
export async function claimSocket(server: Server, path: string, name: string): Promise<() => void> {
  // Short, because the limit on socket paths applies to this one too.
  const own = join(dirname(path), `.${randomBytes(4).toString('hex')}`);
  const removeOwn = () => void succeeds(() => unlinkSync(own), 'ENOENT');
  const cancelRemoval = atExit(removeOwn);
  server.listen(own);
  await once(server, 'listening').catch((error) => {
    cancelRemoval();
    throw error;
  });
  const inode = lstatSync(own).ino;
  try {
    for (;;) {
      if (succeeds(() => linkSync(own, path), 'EEXIST')) return untilExit(() => unlinkIf(path, inode));
      const found = inodeAt(path);
      if (await answers(path)) {
        throw new CtrlIfError('ERR_CTRL_IF_NAME_IN_USE', `a controller called ${name} is running already`, {
          advice: 'choose another name or stop it first',
          subject: name,
        });
      }
      if (found !== undefined) removeStale(path, found);
    }
  } catch (error) {
    server.close();
    throw error;
  } finally {
    removeOwn();
    cancelRemoval();
  }
}

/** Returns a function that calls `release`. The exit of the process calls `release` too. */
function untilExit(release: () => void): () => void {
  const cancel = atExit(release);
  return () => {
    cancel();
    release();
  };
}

function removeStale(path: string, inode: number): void {
  const aside = `${path}.${process.pid}`;
  if (!succeeds(() => renameSync(path, aside), 'ENOENT')) return;
  // Another controller may have removed the stale socket and linked its own since the check; it gets its name back.
  if (inodeAt(aside) !== inode) succeeds(() => linkSync(aside, path), 'EEXIST');
  unlinkSync(aside);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // A full backlog is a living server.
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

function unlinkIf(path: string, inode: number): void {
  if (inodeAt(path) === inode) succeeds(() => unlinkSync(path), 'ENOENT');
}

function inodeAt(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

/** False when `action` fails with `code`; any other failure is thrown. */
function succeeds(action: () => void, code: string): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false;
    throw error;
  }
}
