/** The time, for code that waits or limits a rate. Tests pass a clock of their own. */
export interface Clock {
  /** Microseconds since any fixed start. It never goes backwards. */
  now(): number;
  /** Calls `callback` once, after `usec` microseconds or, when that is too long for its timer, earlier. Returns a function that cancels it. */
  after(usec: number, callback: () => void): () => void;
}

/** The longest delay of setTimeout, about 25 days. A callback that comes too early sets its timer again. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff;

/** The clock of this process: `performance.now()` and `setTimeout`, which waits about 25 days at most. */
export const systemClock: Clock = {
  now: () => performance.now() * 1000,
  after: (usec, callback) => {
    const timer = setTimeout(callback, Math.min(Math.ceil(usec / 1000), LONGEST_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
