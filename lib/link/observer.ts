/** A message as it passes: its header and payload, valid until the observer returns. */
export interface Passing {
  readonly flow: 'request' | 'response';
  /** From this side's point of view. */
  readonly direction: 'sent' | 'received';
  readonly bytes: Uint8Array;
}

/** Hears of every message of a link, in the order in which this side stages and takes them. Must not throw. */
export type LinkObserver = (passing: Passing) => void;
