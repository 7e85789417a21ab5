import { clearTimeout, setTimeout } from 'node:timers';
import { CtrlIfError } from '../errors.ts';
import { checkKeys } from '../unknown-key.ts';

const OPTIONS = ['signal', 'timeout'] as const satisfies readonly (keyof RequestOptions)[];

/** Throws `ERR_CTRL_IF_VALUE` for an option that a request does not have. */
export const checkRequestOptions = (options: RequestOptions): void =>
  checkKeys('the options of request', options, OPTIONS);

export interface RequestOptions {
  /** Gives the request up; a response that still comes is recognised and dropped. */
  signal?: AbortSignal;
  /** Milliseconds after which to give up with `ERR_CTRL_IF_TIMEOUT`; default: never, a dead peer is told at once. */
  timeout?: number;
}

/** A request under way: what its response must echo, what settles it, and when it is given up. */
export class Call {
  readonly type: number;
  readonly subtype: number;
  readonly #resolve: (response: Uint8Array) => void;
  readonly #reject: (error: unknown) => void;
  #abandoned = false;
  #release: (() => void) | undefined;

  /** `resolve` gets the response's bytes, valid until it returns. */
  constructor(
    type: number,
    subtype: number,
    resolve: (response: Uint8Array) => void,
    reject: (error: unknown) => void,
  ) {
    this.type = type;
    this.subtype = subtype;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** The caller has gone (timeout, abort); the id stays taken until the late response frees it. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  settle(response: Uint8Array): void {
    this.#release?.();
    this.#resolve(response);
  }

  fail(error: unknown): void {
    this.#release?.();
    this.#reject(error);
  }

  /** Fails it while its response may still come, which is then recognised and dropped. */
  giveUp(error: CtrlIfError): void {
    this.#abandoned = true;
    this.fail(error);
  }

  /** Ends the call by signal or time, after `onGivenUp`. Throws `ERR_CTRL_IF_ABORTED` when the signal has fired already. */
  limit({ signal, timeout }: RequestOptions, onGivenUp: () => void): void {
    if (signal?.aborted) throw aborted(signal);
    const giveUp = (error: CtrlIfError) => {
      onGivenUp();
      this.giveUp(error);
    };
    const onAbort = () => giveUp(aborted(signal!));
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = timeout === undefined ? undefined : setTimeout(() => giveUp(timedOut(timeout)), timeout);
    // The link's socket keeps the process alive, or lets it go.
    timer?.unref();
    this.#release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  }
}

/** `what` was given up by its signal, whose reason is the error's `cause`. */
export function aborted({ reason }: AbortSignal, what = 'the request'): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_ABORTED', `${what} was given up by its signal`, { cause: reason });
}

export function timedOut(timeout: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_TIMEOUT',
    `no response came within ${timeout} ms; the peer lives, but its receiver has not answered`,
    { expected: `a response within ${timeout} ms` },
  );
}
