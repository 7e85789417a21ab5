import type { Mark } from './checker.ts';
import type { Job, TransportName } from './job.ts';
import type { Peer, Port } from './peer.ts';

export interface Streamed {
  messages: number;
  elapsedNs: number;
}

/** The asking side. What returns no promise runs without once yielding to the event loop. */
export interface Front {
  /** One after the other, each answer checked; all of them carry `mark`. */
  roundTrips(count: number, mark: Mark): Promise<void> | void;
  /** Keeps `job.window` requests in flight until `ms` have passed, then waits for those under way. */
  streamFor(ms: number): Promise<Streamed> | Streamed;
  close(): Promise<void> | void;
  /** Further figures by name, of everything since it began. */
  more?(): Record<string, number>;
}

export interface Transport {
  front(job: Job, peer: Peer): Promise<Front>;
  /** Echoes until it has answered STOP; resolves with the CPU time that it spent between BEGIN and END. */
  back(job: Job, port: Port): Promise<number>;
}

/** Loaded one a process: a rival that is missing fails only its own case. */
const TRANSPORTS: Record<TransportName, () => Promise<Transport>> = {
  ring: () => import('./ring.ts'),
  link: () => import('./link.ts'),
  'unix-socket': () => import('./unix-socket.ts'),
  'process-send': () => import('./process-send.ts'),
  'message-channel': () => import('./message-channel.ts'),
  zeromq: () => import('./zeromq.ts'),
};

export function loadTransport(name: TransportName): Promise<Transport> {
  return TRANSPORTS[name]();
}
