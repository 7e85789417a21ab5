import type { Peer } from '../context.ts';

/** A domain at the end of a link of the controller's. */
export interface DomainPeer {
  readonly domid: number;
  /** Of a driver domain: another object whenever its driver has said DOWN, with which all of its interfaces are gone. */
  readonly life?: object;
  readonly peer: Pick<Peer, 'request'>;
}
