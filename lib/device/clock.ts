/** Time, for what waits or limits a rate; tests have one of their own. */
export interface Clock {
  /** Microseconds from any start, never backwards. */
  now(): number;
  /** Calls `callback` once, that many microseconds later at the earliest; returns the function that prevents it. */
  after(usec: number, callback: () => void): () => void;
}

/** setTimeout's longest, about 25 days; who is called too early looks again. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff;

export const systemClock: Clock = {
  now: () => performance.now() * 1000,
  after: (usec, callback) => {
    const timer = setTimeout(callback, Math.min(Math.ceil(usec / 1000), LONGEST_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
