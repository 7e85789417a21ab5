import type { EventEmitter } from 'node:events';
import { Guest } from '../domain/guest.ts';
import { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';
import { answerEverything } from './answering.ts';
import type { ServeOptions } from './controller.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { hex, Reporter } from './reporter.ts';

export interface GuestCommandOptions extends ServeOptions {
  /** Seconds to wait for a controller that does not run yet. */
  wait: number;
}

type Ending = { why: 'signal' | 'poweroff' } | { why: 'closed'; error: CtrlIfError | undefined };

/** Runs a guest in the foreground, with its console on standard input and output. */
export async function guestCommand(options: GuestCommandOptions, lifetime: Lifetime): Promise<number> {
  const { name, json = false, quiet = false } = options;
  const reporter = new Reporter({ json, quiet, stream: process.stderr });
  const signal = lifetime.endInOrder();
  const guest = await connectWithin(options, signal, reporter);
  if (!guest) return 0;

  const { domid, engine } = guest;
  const ending = new Promise<Ending>((resolve) => {
    guest.on('close', (error) => resolve({ why: 'closed', error }));
    void fired(signal).then(() => resolve({ why: 'signal' }));
    answerEverything(guest, (message, id) => {
      reporter.message(domid, message, id);
      if (message.name === 'SHUTDOWN_POWEROFF') resolve({ why: 'poweroff' });
    });
  });
  guest.on('error', (error) => reporter.failure('error', { domid }, error));
  const consoleEnded = Promise.race([settled(guest.console, 'end'), settled(guest.console, 'close')]);
  if (json) guest.console.on('data', (data: Buffer) => reporter.report('console', { domid, data: hex(data) }, ''));
  else guest.console.pipe(process.stdout, { end: false });
  // Writing to the console of a closed link fails. The end of the link is reported below.
  guest.console.on('error', () => {});
  reporter.report(
    'connected',
    { name, domid, engine, pid: process.pid },
    `domain ${domid} of controller ${name}, process ${process.pid}, ${engine} engine`,
  );
  process.stdin.on('error', () => {}).pipe(guest.console, { end: false });

  const end = await ending;
  process.stdin.unpipe(guest.console);
  await guest.close();
  await Promise.race([consoleEnded, fired(signal)]);
  if (end.why === 'closed' && end.error) throw end.error;
  const sentences = { poweroff: 'powered off', signal: 'closed', closed: `closed by controller ${name}` };
  reporter.report('closed', { domid, why: end.why }, `domain ${domid} ${sentences[end.why]}`);
  return 0;
}

/** Connects, and waits up to `wait` seconds for a controller. Undefined if the signal fires first. */
async function connectWithin({ name, engine, wait }: GuestCommandOptions, signal: AbortSignal, reporter: Reporter) {
  try {
    return await Guest.connect({ name, engine, signal }).catch((error) => {
      if (wait === 0 || !hasCode(error, 'ERR_CTRL_IF_NO_CONTROLLER')) throw error;
      reporter.report('waiting', { name }, `no controller ${name} yet: waiting up to ${wait} s for one`);
      return Guest.connect({ name, engine, signal, wait: wait * 1000 });
    });
  } catch (error) {
    if (hasCode(error, 'ERR_CTRL_IF_ABORTED')) return undefined;
    throw error;
  }
}

const hasCode = (error: unknown, code: CtrlIfErrorCode): boolean => error instanceof CtrlIfError && error.code === code;

/** Resolves at the event. Unlike `once` of node:events, it does not reject at an 'error' event. */
function settled(emitter: EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.once(event, () => resolve()));
}
