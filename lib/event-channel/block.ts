import type { DomainLoop } from './domain-loop.ts';
import type { Waiter } from './waiter.ts';

/** A peer that cannot ring this domain's pipe is looked for this often, in milliseconds. */
const NAP = 1;
/** How long a peer that was killed may go unnoticed: nobody else hears its socket meanwhile. */
const LOOK_FOR_DEATH = 50;
/** About what being woken costs, when the strategy has no time of its own. */
const SPIN = 0.05;

export interface Blocked {
  waiter: Waiter;
  loop: DomainLoop;
  /** Whether what is awaited has come, after up to `polls` looks. */
  look(polls: number): boolean;
  /** Whether the peer rings the domain's own doorbell. */
  peerRingsDoorbell: boolean;
  /** Throws when the peer is gone. */
  ensurePeer(): void;
}

/**
 * Blocks this thread until `look` says yes, true, or `milliseconds` have passed, false: it spins as long as a wake-up
 * would take, then sleeps on the doorbell. The link's word and the domain's are both set, each before a look, so that
 * whoever publishes after that look rings.
 */
export function block({ waiter, loop, look, peerRingsDoorbell, ensurePeer }: Blocked, milliseconds: number): boolean {
  const began = performance.now();
  const deadline = began + milliseconds;
  const spinUntil = Math.min(deadline, began + (waiter.spins ? SPIN : 0));
  do {
    if (look(waiter.polls)) return true;
  } while (performance.now() < spinUntil);
  try {
    for (let checked = began; ; ) {
      waiter.arm();
      loop.arm();
      if (look(1)) return true;
      const now = performance.now();
      if (now >= deadline) return false;
      if (now - checked >= LOOK_FOR_DEATH) {
        ensurePeer();
        checked = now;
      }
      loop.sleep(Math.min(deadline - now, peerRingsDoorbell ? LOOK_FOR_DEATH : NAP));
    }
  } finally {
    waiter.disarm();
    // What rang for others has been heard here, and is told there.
    loop.disarm();
  }
}
