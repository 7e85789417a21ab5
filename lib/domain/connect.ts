import { CtrlIfError } from '../errors.ts';
import { aborted } from '../link/call.ts';
import { DirectoryWatch } from './directory-watch.ts';
import type { GuestParts } from './guest.ts';
import type { ConnectSettings } from './guest-options.ts';
import { Rendezvous } from './rendezvous.ts';
import { ensureRuntimeDirectory, socketPath } from './runtime-directory.ts';

/** Milliseconds between two tries while the directory is watched, lest an event that is lost be waited for for ever. */
const RETRY_PAUSE = 1000;
/** And where the system tells of no changes. */
const BLIND_RETRY_PAUSE = 100;

/** Meets the controller; where it is to be waited for, as often as one comes and goes again before it has said welcome. */
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
    // Before the try: a controller that comes after it is heard of.
    const watch = new DirectoryWatch(directory, `${name}.sock`);
    try {
      return await new Rendezvous(settings, makeGuest).meet();
    } catch (error) {
      if (!isAbsence(error)) throw error;
      absence = error;
      const left = began + wait - performance.now();
      if (left <= 0) throw noneCame(settings, path, absence);
      await watch.changed(Math.min(left, watch.hears ? RETRY_PAUSE : BLIND_RETRY_PAUSE), signal);
    } finally {
      watch.close();
    }
    if (signal?.aborted) throw aborted(signal, `connecting to controller ${name}`);
  }
}

/** Of a socket at which nobody listens, or whose listener is just too busy. */
const NOBODY: readonly (string | undefined)[] = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EAGAIN'];

/** Whether there is no controller, or one that died as it was met. */
function isAbsence(error: unknown): error is CtrlIfError {
  if (!(error instanceof CtrlIfError)) return false;
  if (error.code === 'ERR_CTRL_IF_PEER_DIED') return true;
  return error.code === 'ERR_CTRL_IF_NO_CONTROLLER' && NOBODY.includes((error.cause as NodeJS.ErrnoException).code);
}

function noneCame({ name, wait }: ConnectSettings, path: string, absence: CtrlIfError): CtrlIfError {
  const hungUp = absence.code === 'ERR_CTRL_IF_PEER_DIED';
  return new CtrlIfError(
    'ERR_CTRL_IF_NO_CONTROLLER',
    `waited ${wait} ms at ${path}, and no controller called ${name} ${hungUp ? 'stayed' : 'came'}`,
    {
      advice: `start one (ctrl-if controller --name ${name}), or name the one that runs`,
      subject: name,
      expected: `a controller within ${wait} ms`,
      cause: hungUp ? absence : absence.cause,
    },
  );
}
