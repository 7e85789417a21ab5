import type { DomainLoop } from './domain-loop.ts';
import type { Poller } from './poller.ts';

/** The longest sleep, in milliseconds, when the peer cannot ring this domain's doorbell. */
const NAP = 1;
/** The time between two checks that the peer is alive, in milliseconds. A blocked thread does not read the peer's socket. */
const DEATH_CHECK = 50;
/** The time to spin before sleeping, in milliseconds: about the cost of a wake-up. */
const SPIN = 0.05;

export interface Blocked {
  poller: Poller;
  loop: DomainLoop;
  /** Polls the ring up to `polls` times. Returns whether the response has come. */
  poll(polls: number): boolean;
  /** Whether the peer rings the domain's own doorbell. */
  peerRingsDoorbell: boolean;
  /** Throws when the peer is dead. */
  ensurePeer(): void;
}

/**
 * Blocks this thread until `poll` returns true (returns true) or `milliseconds` have passed (returns false). It spins for as long
 * as a wake-up takes, then sleeps on the doorbell. It sets the link's and the domain's sleep words before the last poll, so that a
 * peer that publishes after this poll rings.
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
    // The next turn of the loop dispatches the ports that fired meanwhile.
    loop.disarm();
  }
}
