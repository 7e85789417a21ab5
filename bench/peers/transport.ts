import type { Channel } from './channel.ts';
import type { Mark } from './checker.ts';
import type { Job } from './job.ts';
import type { Peer } from './peer.ts';

export interface Streamed {
  messages: number;
  elapsedNs: number;
}

/** The asking side. What returns no promise runs without once yielding to the event loop. */
export interface Front {
  /** One after the other, each answer checked; all of them carry `mark`. */
  roundTrips(count: number, mark: Mark): Promise<void> | void;
  /** Keeps as many requests in flight as the ring has slots, or {@link WINDOW}, until `ms` have passed, then waits for those under way. */
  streamFor(ms: number): Promise<Streamed> | Streamed;
  close(): Promise<void> | void;
  /** Further figures by name, of everything since it began. */
  more?(): Record<string, number>;
}

export interface Transport {
  front(job: Job, peer: Peer): Promise<Front>;
  /** Echoes until it has answered STOP; resolves with the CPU time that it spent between BEGIN and END. */
  back(job: Job, starter: Channel): Promise<number>;
}
