import { clearTimeout, setTimeout } from 'node:timers';
import { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';
import type { RequestOptions } from '../link/call.ts';
import { type MemoryStatus, readMemoryStatus } from '../memory/memory-status.ts';
import type { Page } from '../page/page.ts';
import type { ControlSocket } from './control-socket.ts';

/** The options of {@link import('./domain.ts').Domain.resizeMemory}. */
export interface ResizeMemoryOptions extends RequestOptions {
  /** Called after each batch of frames that the guest reports. */
  onProgress?: (status: MemoryStatus) => void;
}

/** The reasons for which a resize ends before its target, by the state in the page. */
const SHORT: Record<string, readonly [CtrlIfErrorCode, string]> = {
  maximum: ['ERR_CTRL_IF_MEMORY_TARGET', 'it cannot have more than its maximum; connect it with a higher one'],
  'in-use': ['ERR_CTRL_IF_MEMORY_IN_USE', 'its other frames are in use; ask again when it has freed some'],
  'no-space': [
    'ERR_CTRL_IF_PAGE_NO_SPACE',
    'the machine has no more shared memory; free some (df /dev/shm) and ask again',
  ],
  failed: ['ERR_CTRL_IF_PAGE_SYSTEM', "a system call failed there; read the guest's 'error' event"],
};

/** The controller's view of a guest's memory. The guest's page has its status, and the guest reports changes over the socket. */
export class MemoryWatch {
  readonly #domid: number;
  readonly #page: Page;
  readonly #checks = new Set<() => void>();
  #ended: CtrlIfError | undefined;

  constructor(domid: number, page: Page, controlSocket: ControlSocket<'controller'>) {
    this.#domid = domid;
    this.#page = page;
    controlSocket.answer('memory-progress', () => this.#check());
  }

  /** The status in the page; undefined for a guest without a memory and after the link's end. */
  get status(): MemoryStatus | undefined {
    return this.#ended ? undefined : readMemoryStatus(this.#page);
  }

  /**
   * Waits until the guest reaches the target, which it must have understood. Rejects when the guest cannot reach it, and when the signal
   * fires or the time is over, after which the guest goes on.
   */
  async until(target: number, { signal, timeout, onProgress }: ResizeMemoryOptions): Promise<MemoryStatus> {
    let timer: NodeJS.Timeout | undefined;
    let check = (): void => {};
    let onAbort = (): void => {};
    try {
      return await new Promise<MemoryStatus>((resolve, reject) => {
        let reached: number | undefined;
        check = () => {
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
          // The link's socket decides whether the process stays alive.
          timer.unref();
        }
        this.#checks.add(check);
        check();
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#checks.delete(check);
    }
  }

  /** The link has ended: rejects the waits with `error`. */
  end(error: CtrlIfError): void {
    this.#ended = error;
    this.#check();
  }

  #check(): void {
    for (const check of [...this.#checks]) check();
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
