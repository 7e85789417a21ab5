import { type FSWatcher, watch } from 'node:fs';

/** Reports changes of one name in a directory. It starts when it is constructed. */
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
        // Some systems do not give the name.
        if (name === null || name === file) notice();
      });
      this.#watcher.on('error', notice);
    } catch {
      // The system has no watch left (fs.inotify.max_user_watches), or the directory was just removed. The caller polls instead.
    }
  }

  /** Whether the system reports changes. */
  get works(): boolean {
    return this.#watcher !== undefined;
  }

  /** Resolves when the name has changed since the construction, when `signal` fires, or after `milliseconds`. */
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
