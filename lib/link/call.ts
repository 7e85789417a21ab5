import { clearTimeout, setTimeout } from 'node:timers';
import { CtrlIfError } from '../errors.ts';
import { checkKeys } from '../unknown-key.ts';

const OPTIONS = ['signal', 'timeout'] as const satisfies readonly (keyof RequestOptions)[];

/** @throws CtrlIfError `ERR_CTRL_IF_VALUE` when an option is unknown */
export const checkRequestOptions = (options: RequestOptions): void =>
  checkKeys('the options of request', options, OPTIONS);

/** When a request ends without a response. */
export interface RequestOptions {
  /** Ends the request with `ERR_CTRL_IF_ABORTED`. A response that comes later is dropped. */
  signal?: AbortSignal;
  /**
   * Milliseconds after which the request ends with `ERR_CTRL_IF_TIMEOUT`; default: no limit. The death of the peer ends a request at
   * once, with or without a limit.
   */
  timeout?: number;
}

/** A request in flight: the type and subtype that its response must have, its callbacks and its time limit. */
export class Call {
  readonly type: number;
  readonly subtype: number;
  readonly #resolve: (response: Uint8Array) => void;
  readonly #reject: (error: unknown) => void;
  #abandoned = false;
  #release: (() => void) | undefined;

  /** @param resolve gets the response's bytes, valid until it returns */
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

  /** The call has ended by timeout or signal. Its id stays taken until the late response frees it. */
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

  /** Fails the call. A response that comes later is dropped. */
  giveUp(error: CtrlIfError): void {
    this.#abandoned = true;
    this.fail(error);
  }

  /**
   * Ends the call when the signal fires or the time is over, after `onGivenUp`.
   *
   * @throws CtrlIfError `ERR_CTRL_IF_ABORTED` when the signal has fired already
   */
  limit({ signal, timeout }: RequestOptions, onGivenUp: () => void): void {
    if (signal?.aborted) throw aborted(signal);
    const giveUp = (error: CtrlIfError) => {
      onGivenUp();
      this.giveUp(error);
    };
    const onAbort = () => giveUp(aborted(signal!));
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = timeout === undefined ? undefined : setTimeout(() => giveUp(timedOut(timeout)), timeout);
    // The link's socket decides whether the process stays alive.
    timer?.unref();
    this.#release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  }
}

/** The signal has ended `operation`; its reason is the error's `cause`. */
export function aborted({ reason }: AbortSignal, operation = 'the request'): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_ABORTED', `${operation} was aborted by its signal`, { cause: reason });
}

export function timedOut(timeout: number): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_TIMEOUT',
    `the peer is alive, but its receiver did not respond within ${timeout} ms`,
    { expected: `a response within ${timeout} ms` },
  );
}
