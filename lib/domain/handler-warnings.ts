import type { CtrlIfError } from '../errors.ts';

/** Warns of failing receivers when `'error'` has no listener, once for each message. */
export class HandlerWarnings {
  readonly #warned = new Set<string | undefined>();

  /** `subject` is the name of the message, `cause` the error that its receiver threw. */
  warn({ message, subject, cause }: CtrlIfError): void {
    if (this.#warned.has(subject)) return;
    this.#warned.add(subject);
    process.emitWarning(
      `${message}; listen for 'error' to get every failure (further ones of ${subject} are not shown)`,
      {
        type: 'CtrlIfWarning',
        code: 'CTRL_IF_HANDLER',
        detail: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      },
    );
  }
}
