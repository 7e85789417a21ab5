import type { DomainLoop } from './domain-loop.ts';
import type { Poller } from './poller.ts';

/** The longest sleep, in milliseconds, when the peer cannot ring this domain's doorbell. */
const NAP = 1;
/** How often to check that the peer lives, in milliseconds: its socket is not read meanwhile. */
const DEATH_CHECK = 50;
/** How long to spin before sleeping, in milliseconds: about what a wake-up costs. */
const SPIN = 0.05;

export interface Blocked {
  poller: Poller;
  loop: DomainLoop;
  /** Whether the response has come, after up to `polls` polls of the ring. */
  poll(polls: number): boolean;
  /** Whether the peer rings the domain's own doorbell. */
  peerRingsDoorbell: boolean;
  /** Throws when the peer is gone. */
  ensurePeer(): void;
}

/**
 * Blocks this thread until `poll` returns true, or until `milliseconds` have passed; returns which (true: in time). It
 * spins for as long as a wake-up takes, then sleeps on the doorbell. It sets the link's word and the domain's before the
 * last poll, so that a peer that publishes after this poll rings.
 */
export function block({ poller, loop, poll, peerRingsDoorbell, ensurePeer }: Blocked, milliseconds: number): boolean {
  const began = performance.now();
  const deadline = began + milliseconds;
  const spinUntil = Math.min(deadline, began + (poller.spins ? SPIN : 0));
  do {
    if (poll(poller.polls)) return true;
  } while (performance.now() < spinUntil);
  try {
    for (let checked = began; ; ) {
      poller.arm();
      loop.arm();
      if (poll(1)) return true;
      const now = performance.now();
      if (now >= deadline) return false;
      if (now - checked >= DEATH_CHECK) {
        ensurePeer();
        checked = now;
      }
      loop.sleep(Math.min(deadline - now, peerRingsDoorbell ? DEATH_CHECK : NAP));
    }
  } finally {
    poller.disarm();
    // Ports that fired meanwhile are dispatched in the loop's next turn.
    loop.disarm();
  }
}
