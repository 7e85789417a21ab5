import type { Peer } from '../context.ts';

/** A domain that is linked to the controller. */
export interface DomainPeer {
  /** The number of the domain, 1 to 65535. */
  readonly domid: number;
  /** In a driver domain: a new object after each DOWN of its driver, which ends all of its interfaces. */
  readonly life?: object;
  /** Sends requests to the domain. */
  readonly peer: Pick<Peer, 'request'>;
}
