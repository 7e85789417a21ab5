import { CtrlIfError } from '../errors.ts';

/** The work that is under way at the API, and the functions that stop it when the API closes. */
export class Closing {
  readonly #underWay = new Set<() => void>();
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls `stop` when the API closes, or at once if it is closed. Returns the function that cancels this. */
  onClose(stop: () => void): () => void {
    if (this.#isClosed) stop();
    else this.#underWay.add(stop);
    return () => this.#underWay.delete(stop);
  }

  /** Settles as `work` does, or rejects with `ERR_CTRL_IF_CLOSED` if the API closes first. */
  async before<T>(work: Promise<T>): Promise<T> {
    let cancel = () => {};
    const closed = new Promise<never>((_, reject) => {
      cancel = this.onClose(() => reject(closedBefore()));
    });
    try {
      return await Promise.race([work, closed]);
    } finally {
      cancel();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#underWay) stop();
    this.#underWay.clear();
  }
}

function closedBefore(): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_CLOSED', 'the machine is closing and has not completed this request', {
    advice: 'start the machine again and check whether it was done',
  });
}
