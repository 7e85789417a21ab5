import { CtrlIfError } from '../errors.ts';

/** The other side of a link, as the errors that end a link say it. */
export interface LinkPeer {
  /** `domain 3`, or `the controller`. */
  readonly name: string;
  /** The guest's. */
  readonly domid: number;
}

export function closedByPeer({ name, domid }: LinkPeer): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_PEER_CLOSED',
    `${name} closed the link before it answered; nothing more will come`,
    { domid },
  );
}

export function closedHere({ domid }: LinkPeer): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_CLOSED', 'this side closed the link', { domid });
}

export function peerDied({ name, domid }: LinkPeer): CtrlIfError {
  return new CtrlIfError(
    'ERR_CTRL_IF_PEER_DIED',
    `${name} died; its link is closed, and what it had not answered never will be`,
    { domid },
  );
}

/** @param received what is wrong with what came, for the sentence: `a line of over 4096 bytes` */
export function sentGarbage({ name, domid }: LinkPeer, received: string): CtrlIfError {
  return new CtrlIfError('ERR_CTRL_IF_PEER_PROTOCOL', `${name} sent ${received} over the socket; the link is closed`, {
    domid,
    received,
  });
}
