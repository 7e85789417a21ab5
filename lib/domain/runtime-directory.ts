import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CtrlIfError } from '../errors.ts';

/** The name of a controller without a given name. */
export const DEFAULT_NAME = 'default';
/** The size of sockaddr_un.sun_path without the NUL: 107 on Linux, 103 on macOS. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/**
 * The directory of the controllers' sockets: `CTRL_IF_RUNTIME_DIR`, otherwise `ctrl-if` in `XDG_RUNTIME_DIR`, otherwise `ctrl-if-UID` in the
 * system's directory for temporary files.
 */
export function runtimeDirectory(): string {
  const { CTRL_IF_RUNTIME_DIR, XDG_RUNTIME_DIR } = process.env;
  if (CTRL_IF_RUNTIME_DIR) return CTRL_IF_RUNTIME_DIR;
  if (XDG_RUNTIME_DIR) return join(XDG_RUNTIME_DIR, 'ctrl-if');
  return join(tmpdir(), `ctrl-if-${process.getuid?.() ?? 'user'}`);
}

/**
 * Creates the directory.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_RUNTIME_DIRECTORY` when it belongs to another user, or when other users can open it
 */
export function ensureRuntimeDirectory(): string {
  const directory = runtimeDirectory();
  const refuse = (what: string, expected: string, received: unknown, cause?: unknown) =>
    new CtrlIfError('ERR_CTRL_IF_RUNTIME_DIRECTORY', `the runtime directory ${directory} ${what}`, {
      advice: 'remove it or set CTRL_IF_RUNTIME_DIR to one of your own',
      subject: directory,
      expected,
      received,
      cause,
    });
  try {
    mkdirSync(directory, { mode: 0o700, recursive: true });
  } catch (cause) {
    throw refuse('cannot be made', 'a directory', (cause as Error).message, cause);
  }
  const { uid, mode, isDirectory } = inspect(directory);
  if (!isDirectory) throw refuse('is not a directory', 'a directory', 'something else');
  const own = process.getuid?.();
  if (own !== undefined && uid !== own) throw refuse(`belongs to user ${uid}`, `user ${own}`, uid);
  if ((mode & 0o077) !== 0) throw refuse(`is open to other users (mode ${mode.toString(8)})`, '700', mode.toString(8));
  return directory;
}

/**
 * The path of the socket of the controller called `name`, or of its machine's API.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_NAME` when `name` is none, or the path is too long
 */
export function socketPath(directory: string, name: string, kind: 'sock' | 'api' = 'sock'): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new CtrlIfError('ERR_CTRL_IF_NAME', `${JSON.stringify(name)} is not a controller's name`, {
      advice: 'use 1 to 64 letters, digits, ".", "_" or "-", a letter or digit first',
      expected: '[A-Za-z0-9][A-Za-z0-9._-]{0,63}',
      received: name,
    });
  }
  const path = join(directory, `${name}.${kind}`);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new CtrlIfError(
      'ERR_CTRL_IF_NAME',
      `the socket path ${path} is longer than the ${MAX_SOCKET_PATH_BYTES} bytes the system takes`,
      {
        advice: 'use a shorter name or CTRL_IF_RUNTIME_DIR',
        expected: `at most ${MAX_SOCKET_PATH_BYTES} bytes`,
        received: Buffer.byteLength(path),
      },
    );
  }
  return path;
}

function inspect(path: string): { uid: number; mode: number; isDirectory: boolean } {
  const stats = lstatSync(path);
  return { uid: stats.uid, mode: stats.mode & 0o777, isDirectory: stats.isDirectory() };
}
