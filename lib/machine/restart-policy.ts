import type { DomainConfig, DomainEnd } from './operations.ts';

export interface RestartRule {
  readonly restart: NonNullable<DomainConfig['restart']>;
  /** That must lie between two starts. */
  readonly minimumRestartSeconds: number;
}

/**
 * How many seconds from now on a domain that ended so is started again; undefined: never. The original refused a restart that
 * came too early (PROTOCOL.md 2.13), and the domain was gone; here it waits.
 *
 * @param sinceStart seconds since its last start
 */
export function restartIn(rule: RestartRule, how: DomainEnd['how'], sinceStart: number): number | undefined {
  const { restart, minimumRestartSeconds } = rule;
  // Who destroys a domain means it.
  if (how === 'destroyed' || restart === 'never') return undefined;
  if (restart === 'on-reboot' && how !== 'reboot') return undefined;
  return Math.max(0, minimumRestartSeconds - sinceStart);
}
