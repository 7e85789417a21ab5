import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { CtrlIfError } from '../errors.ts';
import { atExit } from './at-exit.ts';

/**
 * Makes `server` listen at `path`, which a dead controller may have left behind and a living one may hold
 * (`ERR_CTRL_IF_NAME_IN_USE`). The server listens at a path of its own first and is then linked into place, which
 * succeeds for one of several that try; a path at which nobody answers is moved away and looked at before it is removed,
 * so that a controller that came in between keeps its name. A process that exits takes its paths along.
 *
 * @returns the function that takes the path away again, if it is still this server's.
 */
export async function claimSocket(server: Server, path: string, name: string): Promise<() => void> {
  // Short, since the path limit that `path` just meets must hold for this one too.
  const own = join(dirname(path), `.${randomBytes(4).toString('hex')}`);
  const removeOwn = () => void succeeds(() => unlinkSync(own), 'ENOENT');
  const forgetOwn = atExit(removeOwn);
  server.listen(own);
  await once(server, 'listening').catch((error) => {
    forgetOwn();
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
    forgetOwn();
  }
}

/** Does `release` when it is called, or at exit. */
function untilExit(release: () => void): () => void {
  const forget = atExit(release);
  return () => {
    forget();
    release();
  };
}

function removeStale(path: string, inode: number): void {
  const aside = `${path}.${process.pid}`;
  if (!succeeds(() => renameSync(path, aside), 'ENOENT')) return;
  // Another may have cleared the stale one and linked its own since we looked: then it gets its name back.
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
