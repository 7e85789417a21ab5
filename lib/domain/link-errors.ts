import { CtrlIfError } from '../errors.ts';

/** The other side of a link, for the errors that end the link. */
export interface LinkPeer {
  /** `domain 3`, or `the controller`. */
  readonly name: string;
  /** The guest's domid. */
  readonly domid: number;
}

export function closedByPeer({ name, domid }: LinkPeer): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_PEER_CLOSED', `${name} closed the link before it answered`, { domid });
}

export function closedHere({ domid }: LinkPeer): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_CLOSED', 'this side closed the link', { domid });
}

export function peerDied({ name, domid }: LinkPeer): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_PEER_DIED', `${name} died, and its link is closed`, { domid });
}

/** @param received a description for the message, such as `a line of over 4096 bytes` */
export function sentGarbage({ name, domid }: LinkPeer, received: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_PEER_PROTOCOL', `${name} sent ${received} over the socket; the link is closed`, {
    domid,
    received,
  });
}
