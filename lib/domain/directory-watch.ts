import { type FSWatcher, watch } from 'node:fs';

/** Tells of what happens to one name in a directory, from its making on. */
export class DirectoryWatch {
  readonly #watcher: FSWatcher | undefined;
  #happened = false;
  #wake: () => void = () => {};

  constructor(directory: string, file: string) {
    const notice = () => {
      this.#happened = true;
      this.#wake();
    };
    try {
      this.#watcher = watch(directory, (_, name) => {
        // Some systems do not say which.
        if (name === null || name === file) notice();
      });
      this.#watcher.on('error', notice);
    } catch {
      // No watch is left (fs.inotify.max_user_watches), or the directory has just gone: the caller looks by itself.
    }
  }

  /** Whether the system tells of changes. */
  get hears(): boolean {
    return this.#watcher !== undefined;
  }

  /** Resolves when something has happened since the watch was made, when `signal` fires, or after `milliseconds`. */
  async changed(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#happened || signal?.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    let wake = (): void => {};
    await new Promise<void>((resolve) => {
      wake = resolve;
      this.#wake = resolve;
      signal?.addEventListener('abort', wake, { once: true });
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    signal?.removeEventListener('abort', wake);
  }

  close(): void {
    this.#watcher?.close();
  }
}
