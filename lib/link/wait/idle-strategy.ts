import { CtrlIfError } from '../../errors.ts';
import { checkKeys } from '../../unknown-key.ts';

/**
 * What a link does without messages:
 * - `spin`: it never sleeps. It has the lowest latency and uses one core on each side.
 * - `adaptive`: it polls as long as polling has recently found messages in time, and otherwise sleeps.
 * - `park`: it sleeps at once. It uses the least CPU.
 * - `spinMicroseconds`: it polls for that time after each message, then sleeps.
 */
export type IdleStrategy = 'spin' | 'adaptive' | 'park' | { readonly spinMicroseconds: number };

export const DEFAULT_IDLE: IdleStrategy = 'adaptive';

/** @throws CtrlIfError `ERR_CTRL_IF_VALUE` when `idle` is no {@link IdleStrategy} */
export function checkIdleStrategy(idle: IdleStrategy): IdleStrategy {
  if (idle === 'spin' || idle === 'adaptive' || idle === 'park') return idle;
  const microseconds = (idle as { spinMicroseconds?: unknown } | null)?.spinMicroseconds;
  if (typeof idle === 'object' && idle !== null) checkKeys('idle', idle, ['spinMicroseconds']);
  if (typeof microseconds === 'number' && microseconds >= 0) return idle;
  throw new CtrlIfError('ERR_CTRL_IF_VALUE', `${JSON.stringify(idle)} is no idle strategy`, {
    advice: "use 'spin', 'adaptive', 'park' or { spinMicroseconds: 0 or more }",
    field: 'idle',
    received: idle,
  });
}
