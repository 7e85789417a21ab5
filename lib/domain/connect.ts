import { CtrlIfError } from '../errors.ts';
import { aborted } from '../link/call.ts';
import { DirectoryWatch } from './directory-watch.ts';
import type { GuestParts } from './guest.ts';
import type { ConnectSettings } from './guest-options.ts';
import { Rendezvous } from './rendezvous.ts';
import { ensureRuntimeDirectory, socketPath } from './runtime-directory.ts';

/** Milliseconds between two attempts while the directory is watched, in case the watch misses a change. */
const RETRY_PAUSE = 1000;
/** Milliseconds between two attempts where the system cannot watch the directory. */
const UNWATCHED_RETRY_PAUSE = 100;

/** Connects to the controller. With `wait` it tries again as long as there is none, or the controller dies before its welcome. */
export async function connect<G extends { start(): void }>(
  settings: ConnectSettings,
  makeGuest: (parts: GuestParts<never>) => G,
): Promise<G> {
  const { name, wait, signal } = settings;
  const began = performance.now();
  if (signal?.aborted) throw aborted(signal, `connecting to controller ${name}`);
  let absence: CtrlIfError;
  try {
    return await new Rendezvous(settings, makeGuest).meet();
  } catch (error) {
    if (wait === 0 || !isAbsence(error)) throw error;
    absence = error;
  }
  for (;;) {
    const directory = ensureRuntimeDirectory();
    const path = socketPath(directory, name);
    // The watch starts before the attempt, so it reports a controller that starts after the attempt.
    const watch = new DirectoryWatch(directory, `${name}.sock`);
    try {
      return await new Rendezvous(settings, makeGuest).meet();
    } catch (error) {
      if (!isAbsence(error)) throw error;
      absence = error;
      const left = began + wait - performance.now();
      if (left <= 0) throw noneCame(settings, path, absence);
      await watch.changed(Math.min(left, watch.works ? RETRY_PAUSE : UNWATCHED_RETRY_PAUSE), signal);
    } finally {
      watch.close();
    }
    if (signal?.aborted) throw aborted(signal, `connecting to controller ${name}`);
  }
}

/** The errors of a socket without a listener, or with one that is too busy. */
const NO_LISTENER: readonly (string | undefined)[] = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EAGAIN'];

/** Whether there is no controller, or one that died during the handshake. */
function isAbsence(error: unknown): error is CtrlIfError {
  if (!(error instanceof CtrlIfError)) return false;
  if (error.code === 'ERR_CTRL_IF_PEER_DIED') return true;
  return (
    error.code === 'ERR_CTRL_IF_NO_CONTROLLER' && NO_LISTENER.includes((error.cause as NodeJS.ErrnoException).code)
  );
}

function noneCame({ name, wait }: ConnectSettings, path: string, absence: CtrlIfError): CtrlIfError {
  const hungUp = absence.code === 'ERR_CTRL_IF_PEER_DIED';
  return new CtrlIfError(
    'ERR_CTRL_IF_NO_CONTROLLER',
    `no controller called ${name} ${hungUp ? 'stayed' : 'came'} at ${path} within ${wait} ms`,
    {
      advice: `start one (ctrl-if controller --name ${name}), or name the one that runs`,
      subject: name,
      expected: `a controller within ${wait} ms`,
      cause: hungUp ? absence : absence.cause,
    },
  );
}
