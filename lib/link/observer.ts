/** A request or response that this side sends or takes. */
export interface Passing {
  readonly flow: 'request' | 'response';
  /** From this side's point of view. */
  readonly direction: 'sent' | 'received';
  /** The 64 bytes of the slot, valid until the observer returns. */
  readonly bytes: Uint8Array;
}

/** Called for every message of a link, in the order in which this side stages and takes them. Must not throw. */
export type LinkObserver = (passing: Passing) => void;
