/** What the asking process measured; `native/limit/limit.cc` prints the same. */
export interface Samples {
  /** How many round trips each of `batchNs` took the time of. */
  roundTripsASample: number;
  /** Nanoseconds a batch; empty for a stream. */
  batchNs: number[];
  /** Nanoseconds of single round trips, where a batch is more than one: tails that a mean would hide. */
  singleNs: number[];
  /** Round trips, or messages streamed, between the two markers. */
  messages: number;
  /** What those took. */
  elapsedNs: number;
  /** CPU time of both processes for those. */
  cpuNs: number;
  /** Further figures by name. */
  more?: Record<string, number>;
}

/** The most samples of a kind: enough for a p999, and an array made before the clock runs. */
export const MAX_SAMPLES = 50_000;

/** Files that do not exist; looking for them leaves a mark in strace's log, between which calls are counted. */
export const TRACE_BEGIN = '/ctrl-if-bench-begin';
export const TRACE_END = '/ctrl-if-bench-end';
