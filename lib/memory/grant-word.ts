/**
 * One grant, taken and given back by two processes that do not trust each other's timing. The word and who writes which
 * of its bytes: `wire/memory.ts`.
 *
 * With an exchange, each step is one compare-and-exchange of the whole word, acquire and release: the one who comes
 * second sees the other's step and gives way. Acquire, so that a backend sees what the owner wrote before it offered,
 * and an owner that revokes sees what the backend wrote before it unmapped; release for the other's acquire.
 *
 * Without (the file engine), each side stores its own byte and then looks at the other's, a full fence between: the
 * owner clears "offered" and looks for "mapped", the backend sets "mapped" and looks for "offered". Whichever fence is
 * first, its side's store is seen by the other, so never do both go on; when both see the other, both give way. On x86-64
 * a write's end is that fence (see `page/file-page.ts`). The two ways meet in one word: an exchange fails when the other
 * side's byte has changed, and leaves the bytes that the other looks at as they are when it does. What storing bytes
 * cannot tell apart is two mappers of one domid that come at the same instant; and while a backend gives way, an owner may
 * for that moment find a frame mapped that it has just revoked.
 */
import type { Page } from '../page/page.ts';
import { GRANT_DOMID, GRANT_MAPPED, GRANT_MAPPED_BYTE, GRANT_OFFERED, GRANT_OFFERED_BYTE } from '../wire/memory.ts';

export type GrantWords = Pick<Page, 'atomic' | 'load32' | 'store32' | 'compareExchange32' | 'read' | 'write'>;

export interface Grant {
  /** Undefined: to nobody. */
  offeredTo: number | undefined;
  mapped: boolean;
}

export function readGrant(words: GrantWords, at: number): Grant {
  const word = words.load32(at);
  return {
    offeredTo: (word & GRANT_OFFERED) === 0 ? undefined : word & GRANT_DOMID,
    mapped: (word & GRANT_MAPPED) !== 0,
  };
}

/** How often an exchange is tried against a peer that changes the word all the time. An honest one changes it once. */
const TRIES = 16;

/** What `change` says of the word takes its place, unless that is undefined. False: it was, or the peer never rested. */
function exchange(words: GrantWords, at: number, change: (word: number) => number | undefined): boolean {
  for (let i = 0; i < TRIES; i++) {
    const word = words.load32(at);
    const next = change(word);
    if (next === undefined) return false;
    if (words.compareExchange32!(at, word, next >>> 0) === word) return true;
  }
  return false;
}

function storeByte(words: GrantWords, at: number, value: number): void {
  words.write(at, Uint8Array.of(value));
}

/** The owner's. False: the grant says that the frame is mapped; see above for the moment in which that is untrue. */
export function offerGrant(words: GrantWords, at: number, domid: number): boolean {
  if (words.atomic) {
    return exchange(words, at, (word) => ((word & GRANT_MAPPED) === 0 ? GRANT_OFFERED | domid : undefined));
  }
  if (readGrant(words, at).mapped) return false;
  storeByte(words, at + GRANT_OFFERED_BYTE, 0);
  words.write(at, Uint8Array.of(domid & 0xff, domid >> 8));
  storeByte(words, at + GRANT_OFFERED_BYTE, 1); // last: with it the domid counts
  return true;
}

/** The owner's. False: the frame is mapped, and offered as before. */
export function revokeGrant(words: GrantWords, at: number): boolean {
  if (words.atomic) return exchange(words, at, (word) => ((word & GRANT_MAPPED) === 0 ? 0 : undefined));
  storeByte(words, at + GRANT_OFFERED_BYTE, 0);
  if (readGrant(words, at).mapped) {
    storeByte(words, at + GRANT_OFFERED_BYTE, 1);
    return false;
  }
  words.write(at, Uint8Array.of(0, 0));
  return true;
}

/** The owner's, for a backend that is dead and will never unmap. */
export function clearGrant(words: GrantWords, at: number): void {
  words.store32(at, 0); // release: pairs with the load of the next who looks; there is no other writer left
}

export type Claim = 'claimed' | 'not-offered' | 'mapped';

/** The backend's, before it maps. */
export function claimGrant(words: GrantWords, at: number, domid: number): Claim {
  let found: Claim = 'not-offered';
  const look = (word: number): number | undefined => {
    found = 'not-offered';
    if ((word & GRANT_OFFERED) === 0 || (word & GRANT_DOMID) !== domid) return undefined;
    found = 'mapped';
    return (word & GRANT_MAPPED) === 0 ? word | GRANT_MAPPED : undefined;
  };
  if (words.atomic) return exchange(words, at, look) ? 'claimed' : found;
  if (look(words.load32(at)) === undefined) return found;
  storeByte(words, at + GRANT_MAPPED_BYTE, 1);
  if (isClaimed(words, at, domid)) return 'claimed';
  storeByte(words, at + GRANT_MAPPED_BYTE, 0);
  return 'not-offered';
}

/** Whether the claim still holds: looked at again once the frame is mapped. */
export function isClaimed(words: GrantWords, at: number, domid: number): boolean {
  const { offeredTo, mapped } = readGrant(words, at);
  return offeredTo === domid && mapped;
}

/** The backend's, after it has unmapped. A grant that was taken from it, and given to another, is left alone. */
export function releaseGrant(words: GrantWords, at: number, domid: number): void {
  if (words.atomic) {
    exchange(words, at, (word) => ((word & GRANT_DOMID) === domid ? word & ~GRANT_MAPPED : undefined));
  } else if ((words.load32(at) & GRANT_DOMID) === domid) {
    // Not "is it offered": an owner that gives way has cleared that for a moment, and puts it back.
    storeByte(words, at + GRANT_MAPPED_BYTE, 0);
  }
}
