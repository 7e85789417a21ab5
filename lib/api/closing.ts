import { CtrlIfError } from '../errors.ts';

/** What is under way when the API closes, and how it is told. */
export class Closing {
  readonly #underWay = new Set<() => void>();
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls `stop` when the API closes, at once if it has. Returns what takes it back. */
  onClose(stop: () => void): () => void {
    if (this.#isClosed) stop();
    else this.#underWay.add(stop);
    return () => this.#underWay.delete(stop);
  }

  /** `work`, or `ERR_CTRL_IF_CLOSED` if the API closes first. */
  async before<T>(work: Promise<T>): Promise<T> {
    let forget = () => {};
    const closed = new Promise<never>((_, reject) => {
      const sentence =
        'the machine closes before it has done this; whether it was done must be looked up when it runs again';
      forget = this.onClose(() => reject(new CtrlIfError('ERR_CTRL_IF_CLOSED', sentence)));
    });
    try {
      return await Promise.race([work, closed]);
    } finally {
      forget();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#underWay) stop();
    this.#underWay.clear();
  }
}
