import type { CtrlIfError } from '../errors.ts';

/** Tells of failing receivers when nobody listens for `'error'`: one warning of the process for each message. */
export class HandlerWarnings {
  readonly #warned = new Set<string | undefined>();

  /** `subject` is the message, `cause` what its receiver threw. */
  warn({ message, subject, cause }: CtrlIfError): void {
    if (this.#warned.has(subject)) return;
    this.#warned.add(subject);
    process.emitWarning(
      `${message}; listen for 'error' to hear of every failure (further ones of ${subject} are not shown)`,
      {
        type: 'CtrlIfWarning',
        code: 'CTRL_IF_HANDLER',
        detail: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
      },
    );
  }
}
