import { constants } from 'node:os';

/** Why a process ends: {@link Lifetime.endInOrder}'s signal has it for its reason. */
export type EndReason = 'signal' | 'unread';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SIGNAL_EXIT = 128;
/** Milliseconds in which a signal may come twice and be meant once: npx and timeout pass on what the terminal has sent as well. */
const SAME_SIGNAL = 300;

/** When the process is to end: at a signal, or when nobody reads its output any more (`| head`). */
export class Lifetime {
  readonly #end = new AbortController();
  #inOrder = false;

  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        // What only writes has no reason to go on; what holds names and pages gives them back first.
        if (this.#inOrder) this.#end.abort('unread' satisfies EndReason);
        else process.exit(process.exitCode ?? 0);
      });
    }
  }

  /** From now on the caller ends the process in order when the signal fires; a second signal ends it at once. */
  endInOrder(): AbortSignal {
    this.#inOrder = true;
    let first: number | undefined;
    for (const name of SIGNALS) {
      process.on(name, () => {
        first ??= performance.now();
        // By an exit, at which names are taken away, and with the code that a shell has for a signal's end.
        if (performance.now() - first > SAME_SIGNAL) process.exit(SIGNAL_EXIT + constants.signals[name]);
        this.#end.abort('signal' satisfies EndReason);
      });
    }
    return this.#end.signal;
  }
}

/** Resolves when `signal` fires. */
export function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
