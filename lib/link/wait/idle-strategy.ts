import { CtrlIfError } from '../../errors.ts';
import { checkKeys } from '../../unknown-key.ts';

/**
 * What a link does when nothing comes:
 * - `spin`: it never sleeps. The lowest latency; takes a core on each side.
 * - `adaptive`: it polls for as long as polling has lately found messages in time, and otherwise sleeps.
 * - `park`: it sleeps at once. The least CPU.
 * - `spinMicroseconds`: it polls for so long after each message, then sleeps.
 */
export type IdleStrategy = 'spin' | 'adaptive' | 'park' | { readonly spinMicroseconds: number };

export const DEFAULT_IDLE: IdleStrategy = 'adaptive';

/** Throws `ERR_CTRL_IF_VALUE` for anything but an {@link IdleStrategy}. */
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
