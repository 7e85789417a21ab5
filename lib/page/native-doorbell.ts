import { CtrlIfError } from '../errors.ts';
import { loadAddon, type NativeDoorbell, type NativeRinger } from './addon.ts';

/**
 * A doorbell of this process, a pipe that the event loop listens to.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` where there is none to be had: no descriptor left, or no event loop that
 *   hears one (its cause's code is ENOSYS), as in Bun and in Deno
 */
export function openDoorbell(onRing: () => void): NativeDoorbell {
  return ring('a doorbell cannot be created', () => {
    const runtime = runtimeWithoutLibuv();
    if (runtime) throw Object.assign(new Error(`${runtime} has no libuv`), { code: 'ENOSYS' });
    return loadAddon().addon!.openDoorbell(onRing);
  });
}

/**
 * Bun and Deno export uv's names, so that an addon cannot tell by them. Bun's (1.4) end the process, and Deno's uv_poll
 * (2.9) calls back for the first ring and for none after it.
 */
function runtimeWithoutLibuv(): 'Bun' | 'Deno' | undefined {
  if (process.versions.bun) return 'Bun';
  return process.versions.deno ? 'Deno' : undefined;
}

/**
 * The doorbell of process `pid`, by the number that its write end has there.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` when that process is gone, is another user's, or has no descriptor so called
 */
export function openRinger(pid: number, descriptor: number): NativeRinger {
  return ring(`the doorbell of process ${pid} cannot be opened`, () => loadAddon().addon!.openRinger(pid, descriptor));
}

const REASONS: Record<string, string> = {
  EMFILE: 'this process has as many descriptors as it may (ulimit -n); close some or raise the limit',
  ENFILE: 'the system has as many descriptors as it can; close some',
  ENOENT: 'it is gone, or runs where its /proc is another; run both in one PID namespace',
  EACCES: 'it belongs to another user, or has made itself undumpable; run both as the same user',
  EKIND: 'it is no doorbell; run the same release of ctrl-if on both sides',
  ENOSYS: 'this runtime has no event loop that hears one; use the file engine (CTRL_IF_ENGINE=file)',
};

function ring<T>(what: string, open: () => T): T {
  try {
    return open();
  } catch (failure) {
    const { code = '', message } = failure as NodeJS.ErrnoException;
    throw new CtrlIfError('ERR_CTRL_IF_DOORBELL', `${what}: ${REASONS[code] ?? message}`, { cause: failure });
  }
}
