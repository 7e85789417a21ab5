import type { ShutdownReason } from '../domain/domain.ts';
import { REBOOT_EXIT_CODE } from '../domain/domain-environment.ts';
import type { ProcessExit } from './domain-process.ts';
import type { DomainEnd } from './operations.ts';

/** The end of a domain, from the end of its process. */
export function domainEnd(
  name: string,
  { exitCode, signal, lastWords }: ProcessExit,
  how: DomainEnd['how'],
): DomainEnd {
  return { name, how, exitCode, signal, ...(how === 'crash' && lastWords && { lastWords }) };
}

/** The end of a life without a process: it was destroyed while it waited, or its start failed with `error`. */
export function withoutProcess(error?: Error): ProcessExit {
  return { exitCode: null, signal: null, lastWords: error?.message ?? '' };
}

/**
 * How a domain has ended that was not destroyed.
 *
 * @param asked the shutdown that was requested, if any. Exit code 0 alone does not distinguish a reboot from a power-off.
 */
export function howEnded(exitCode: number | null, asked: ShutdownReason | undefined): DomainEnd['how'] {
  if (exitCode === REBOOT_EXIT_CODE) return 'reboot';
  if (exitCode !== 0) return 'crash';
  return asked === 'reboot' ? 'reboot' : 'poweroff';
}
