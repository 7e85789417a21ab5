import type { DomainConfig, DomainEnd } from './operations.ts';

/** The restart policy of a domain. */
export interface RestartRule {
  readonly restart: NonNullable<DomainConfig['restart']>;
  /** The shortest time between two starts. */
  readonly minimumRestartSeconds: number;
}

/**
 * The seconds until a domain is started again after its end, or undefined if it is not. A restart that is too early waits. The
 * original refused it, and the domain was gone (PROTOCOL.md 2.13).
 *
 * @param sinceStart seconds since its last start
 */
export function restartIn(rule: RestartRule, how: DomainEnd['how'], sinceStart: number): number | undefined {
  const { restart, minimumRestartSeconds } = rule;
  // `destroy` is for good, whatever the policy.
  if (how === 'destroyed' || restart === 'never') return undefined;
  if (restart === 'on-reboot' && how !== 'reboot') return undefined;
  return Math.max(0, minimumRestartSeconds - sinceStart);
}
