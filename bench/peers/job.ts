/** What the two processes of a trial are told, as JSON on the command line (or as a worker's data). */

/** One file each in this directory, holding both sides so that their work can be compared at a glance. */
export type TransportName = 'ring' | 'link' | 'unix-socket' | 'process-send' | 'message-channel' | 'zeromq';

export interface Job {
  transport: TransportName;
  measure: 'rtt' | 'stream';
  /** For `ring` and `link`; `sab` runs the back in a worker thread. */
  engine?: 'native' | 'file' | 'sab';
  /** For `link`: what both sides do when nothing comes; default `adaptive`. */
  idle?: 'spin' | 'adaptive' | 'park';
  /** For `process-send`. */
  serialization?: 'json' | 'advanced';
  /** For `ring`; default is the control ring. */
  geometry?: { entryBytes: number; slots: number };
  /** Messages in flight in a stream. */
  window: number;
  /** Round trips between two looks at the clock: more than 1 where a look (50 ns) is much of a round trip. */
  roundTripsASample: number;
  warmupMs: number;
  /**
   * Time alone does not warm up: on a core that spins, the threads of V8 that compile get little of it. Below this many
   * messages it is taken again, up to four times.
   */
  warmupMessages?: number;
  timedMs: number;
  /** A stream goes on until so many have passed. */
  timedMessages?: number;
  /** The front's CPU and the back's. */
  cpus?: readonly [number, number] | undefined;
}

/** Whether both sides are threads of one process. */
export function isThreaded(job: Pick<Job, 'transport' | 'engine'>): boolean {
  return job.transport === 'message-channel' || job.engine === 'sab';
}
