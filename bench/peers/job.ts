/** What the processes of a trial are told, as JSON on the command line (or as a worker's data). */

/** One file each in this directory, holding both sides so that their work can be compared at a glance. */
export type TransportName = 'ring' | 'link' | 'unix-socket' | 'process-send' | 'message-channel' | 'zeromq';

/** Messages in flight in a stream: as many as the control ring has slots. */
export const WINDOW = 8;

/** Of every job, from the setting of the trial. */
export interface Timing {
  warmupMs: number;
  timedMs: number;
  /** The front's CPU and the back's. */
  cpus?: readonly [number, number] | undefined;
}

/** What both sides of a transport are told. */
export interface Job extends Timing {
  transport: TransportName;
  /** `gap` and `warmup` are round trips, with a pause before each, and from the very first on. */
  measure: 'rtt' | 'stream' | 'gap' | 'warmup';
  /** For `ring` and `link`; `sab` runs the back in a worker thread. */
  engine?: 'native' | 'file' | 'sab';
  /** For `link`: what both sides do when nothing comes; default `adaptive`. */
  idle?: 'spin' | 'adaptive' | 'park' | { spinMicroseconds: number };
  /** For `process-send`. */
  serialization?: 'json' | 'advanced';
  /** For `ring`: another than the control ring, and the entries that a side publishes at once, at most. */
  wide?: { slots: number; entryBytes: number; batch: number };
  /** For `gap`: microseconds from an answer to the next request. */
  gapUs?: number;
  /** Round trips between two looks at the clock, default 1: more where a look (50 ns) is much of a round trip. */
  roundTripsASample?: number;
  /**
   * Time alone does not warm up: on a core that spins, the threads of V8 that compile get little of it. Below this many
   * messages it is taken again, up to four times.
   */
  warmupMessages?: number;
  /** A stream goes on until so many have passed. */
  timedMessages?: number;
}

/** Whether both sides are threads of one process. */
export function isThreaded(job: Pick<Job, 'transport' | 'engine'>): boolean {
  return job.transport === 'message-channel' || job.engine === 'sab';
}
