import { CtrlIfError } from '../errors.ts';
import { loadAddon, type NativeDoorbell, type NativeRinger } from './addon.ts';

/**
 * Opens a doorbell of this process: a pipe that the event loop polls.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` when no descriptor is left, or when the runtime's event loop cannot poll a pipe for
 *   the addon, as in Bun and Deno (the code of its cause is ENOSYS)
 */
export function openDoorbell(onRing: () => void): NativeDoorbell {
  return withReason('a doorbell cannot be created', () => {
    const runtime = runtimeWithoutLibuv();
    if (runtime) throw Object.assign(new Error(`${runtime} has no libuv`), { code: 'ENOSYS' });
    return loadAddon().addon!.openDoorbell(onRing);
  });
}

/**
 * Bun and Deno export the names of libuv, so that an addon cannot recognize them. Bun's functions (1.4) end the process, and
 * Deno's uv_poll (2.9) calls back for the first ring only.
 */
function runtimeWithoutLibuv(): 'Bun' | 'Deno' | undefined {
  if (process.versions.bun) return 'Bun';
  return process.versions.deno ? 'Deno' : undefined;
}

/**
 * Opens the doorbell of process `pid`. `descriptor` is the number of its write end in that process.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DOORBELL` when the process is gone, belongs to another user, or has no such descriptor
 */
export function openRinger(pid: number, descriptor: number): NativeRinger {
  return withReason(`the doorbell of process ${pid} cannot be opened`, () =>
    loadAddon().addon!.openRinger(pid, descriptor),
  );
}

/** The reason and the advice for each code. */
const REASONS: Record<string, readonly [reason: string, advice: string]> = {
  EMFILE: ['this process has as many descriptors as it may (ulimit -n)', 'close some or raise the limit'],
  ENFILE: ['the system has as many descriptors as it can', 'close some'],
  ENOENT: ['it is gone, or runs in another PID namespace', 'run both in one PID namespace'],
  EACCES: ['it belongs to another user, or is undumpable', 'run both as the same user'],
  EKIND: ['it is no doorbell', 'run the same release of ctrl-if on both sides'],
  ENOSYS: ['the event loop of this runtime cannot wait for one', 'use the file engine (CTRL_IF_ENGINE=file)'],
};

function withReason<T>(failed: string, open: () => T): T {
  try {
    return open();
  } catch (failure) {
    const { code = '', message } = failure as NodeJS.ErrnoException;
    const [reason, advice] = REASONS[code] ?? [message];
    throw new CtrlIfError('ERR_CTRL_IF_DOORBELL', `${failed}: ${reason}`, {
      ...(advice !== undefined && { advice }),
      cause: failure,
    });
  }
}
