import { clearTimeout, setTimeout } from 'node:timers';
import { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';
import type { RequestOptions } from '../link/call.ts';
import { type MemoryStatus, readMemoryStatus } from '../memory/memory-status.ts';
import type { Page } from '../page/page.ts';
import type { ControlSocket } from './control-socket.ts';

export interface ResizeMemoryOptions extends RequestOptions {
  /** After each batch of frames that the controller hears of. */
  onProgress?: (status: MemoryStatus) => void;
}

/** Why a resize has ended before its target. */
const SHORT: Record<string, readonly [CtrlIfErrorCode, string]> = {
  maximum: ['ERR_CTRL_IF_MEMORY_TARGET', 'it cannot have more than its maximum; connect it with a higher one'],
  'in-use': ['ERR_CTRL_IF_MEMORY_IN_USE', 'all that are left are in use; ask again when it has freed some'],
  'no-space': [
    'ERR_CTRL_IF_PAGE_NO_SPACE',
    'the machine has no more shared memory; free some (df /dev/shm) and ask again',
  ],
  failed: ['ERR_CTRL_IF_PAGE_SYSTEM', 'the system failed there; the guest has the error'],
};

/**
 * A guest's memory as its controller sees it. How large it is stands in the page, and the guest tells over the socket when
 * that has changed: nothing is polled.
 */
export class MemoryWatch {
  readonly #domid: number;
  readonly #page: Page;
  readonly #looks = new Set<() => void>();
  #ended: CtrlIfError | undefined;

  constructor(domid: number, page: Page, controlSocket: ControlSocket<'controller'>) {
    this.#domid = domid;
    this.#page = page;
    controlSocket.answer('memory-progress', () => this.#look());
  }

  /** Undefined for a guest without, and when it is gone. */
  get status(): MemoryStatus | undefined {
    return this.#ended ? undefined : readMemoryStatus(this.#page);
  }

  /**
   * For a target that the guest has understood: resolves when it is reached, rejects when it will not be. The caller
   * gives up by signal or time; the guest goes on.
   */
  async until(target: number, { signal, timeout, onProgress }: ResizeMemoryOptions): Promise<MemoryStatus> {
    let timer: NodeJS.Timeout | undefined;
    let look = (): void => {};
    let onAbort = (): void => {};
    try {
      return await new Promise<MemoryStatus>((resolve, reject) => {
        let reached: number | undefined;
        look = () => {
          try {
            const status = this.#statusOr(target);
            if (reached !== undefined && status.reached !== reached) onProgress?.(status);
            reached = status.reached;
            if (status.state !== 'resizing') resolve(this.#outcome(target, status));
          } catch (error) {
            reject(error);
          }
        };
        onAbort = () => reject(this.#givenUp('ERR_CTRL_IF_ABORTED', target, 'was aborted by its signal', signal));
        if (signal?.aborted) onAbort();
        signal?.addEventListener('abort', onAbort, { once: true });
        if (timeout !== undefined) {
          const late = () => reject(this.#givenUp('ERR_CTRL_IF_TIMEOUT', target, 'was not done in time'));
          timer = setTimeout(late, timeout);
          // The link's socket keeps the process alive, or lets it go.
          timer.unref();
        }
        this.#looks.add(look);
        look();
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#looks.delete(look);
    }
  }

  /** The link has ended: whoever waits is told why. */
  end(error: CtrlIfError): void {
    this.#ended = error;
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#looks]) look();
  }

  #statusOr(target: number): MemoryStatus {
    const { status } = this;
    if (this.#ended) throw this.#ended;
    if (status?.target === target) return status;
    throw this.#error(
      'ERR_CTRL_IF_MEMORY_SUPERSEDED',
      target,
      status ? `it has another target now, ${status.target} frames` : 'its page does not say how large it is',
      status,
    );
  }

  #outcome(target: number, status: MemoryStatus): MemoryStatus {
    const short = SHORT[status.state];
    if (!short) return status;
    throw this.#error(short[0], target, short[1], status);
  }

  #error(code: CtrlIfErrorCode, target: number, why: string, status: MemoryStatus | undefined): CtrlIfError {
    const has = status ? `has ${status.reached} frames of memory` : 'has memory';
    return new CtrlIfError(code, `domain ${this.#domid} ${has} and not the ${target} it was asked to have: ${why}`, {
      domid: this.#domid,
      expected: `${target} frames`,
      ...(status && { received: status.reached }),
    });
  }

  #givenUp(code: CtrlIfErrorCode, target: number, what: string, signal?: AbortSignal): CtrlIfError {
    const { reached } = this.status ?? {};
    return new CtrlIfError(
      code,
      `resizing domain ${this.#domid} to ${target} frames ${what}; it has ${reached} and goes on, as its memory's status shows`,
      { domid: this.#domid, expected: `${target} frames`, received: reached, cause: signal?.reason },
    );
  }
}
