import { constants } from 'node:os';

/** Why a process ends: the abort reason of {@link Lifetime.endInOrder}'s signal. */
export type EndReason = 'signal' | 'unread';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SIGNAL_EXIT = 128;
/** Signals within so many milliseconds count as one: the terminal signals all processes, and npx and timeout repeat it. */
const SAME_SIGNAL = 300;

/** Ends the process at a signal, or when the reader of its output has gone (`| head`). */
export class Lifetime {
  readonly #end = new AbortController();
  #inOrder = false;

  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        // A process that only writes exits at once. One with names and pages removes them first.
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
        // process.exit() removes the names. The code is a shell's for a process that a signal ended.
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
