/**
 * One grant: a word that the owner and the backend both change. `wire/memory.ts` has its bits and says which side writes which.
 *
 * Each step is one compare-and-exchange of the whole word, acquire and release: the side that comes second sees the first step
 * and gives way. Acquire, so that a backend sees what the owner wrote before it granted access, and an owner that ends access
 * sees what the backend wrote before it unmapped; release for the acquire of the other side.
 */
import type { AtomicPage } from '../page/page.ts';
import { GRANT_ACCESS, GRANT_DOMID, GRANT_MAPPED } from '../wire/memory.ts';

/** The accesses that a grant needs. */
export type GrantWords = Pick<AtomicPage, 'load32' | 'store32' | 'compareExchange32'>;

/** A grant, decoded. */
export interface Grant {
  /** The domid; undefined when the frame is not granted. */
  grantedTo: number | undefined;
  /** Whether the backend says that it has the frame mapped. */
  mapped: boolean;
}

export function readGrant(words: Pick<GrantWords, 'load32'>, offset: number): Grant {
  const word = words.load32(offset);
  return {
    grantedTo: (word & GRANT_ACCESS) === 0 ? undefined : word & GRANT_DOMID,
    mapped: (word & GRANT_MAPPED) !== 0,
  };
}

/** How often an exchange is tried against a peer that changes the word all the time. An honest peer changes it once. */
const TRIES = 16;

/** Replaces the word by `change(word)`. False when `change` returns undefined, or the peer changed the word in every try. */
function exchange(words: GrantWords, offset: number, change: (word: number) => number | undefined): boolean {
  for (let i = 0; i < TRIES; i++) {
    const word = words.load32(offset);
    const next = change(word);
    if (next === undefined) return false;
    if (words.compareExchange32(offset, word, next >>> 0) === word) return true;
  }
  return false;
}

/** For the owner. False: the grant says that the frame is mapped. */
export function grantAccess(words: GrantWords, offset: number, domid: number): boolean {
  return exchange(words, offset, (word) => ((word & GRANT_MAPPED) === 0 ? GRANT_ACCESS | domid : undefined));
}

/** For the owner. False: the frame is mapped, and granted as before. */
export function endAccess(words: GrantWords, offset: number): boolean {
  return exchange(words, offset, (word) => ((word & GRANT_MAPPED) === 0 ? 0 : undefined));
}

/** For the owner of a frame whose backend is dead and will never unmap it. */
export function clearGrant(words: GrantWords, offset: number): void {
  words.store32(offset, 0); // release: pairs with the load in the next exchange; there is no other writer left
}

/** `in-use`: another mapper of that domain has it. */
export type MapResult = 'mapped' | 'not-granted' | 'in-use';

/** For the backend, before it maps. */
export function mapGrant(words: GrantWords, offset: number, domid: number): MapResult {
  let found: MapResult = 'not-granted';
  const mark = (word: number): number | undefined => {
    found = 'not-granted';
    if ((word & GRANT_ACCESS) === 0 || (word & GRANT_DOMID) !== domid) return undefined;
    found = 'in-use';
    return (word & GRANT_MAPPED) === 0 ? word | GRANT_MAPPED : undefined;
  };
  return exchange(words, offset, mark) ? 'mapped' : found;
}

/** Whether the grant still says that this domain has the frame mapped. A backend checks it again once it has mapped the frame. */
export function isMappedBy(words: Pick<GrantWords, 'load32'>, offset: number, domid: number): boolean {
  const { grantedTo, mapped } = readGrant(words, offset);
  return grantedTo === domid && mapped;
}

/** For the backend, after it has unmapped. A grant that now belongs to another domain does not change. */
export function unmapGrant(words: GrantWords, offset: number, domid: number): void {
  exchange(words, offset, (word) => ((word & GRANT_DOMID) === domid ? word & ~GRANT_MAPPED : undefined));
}
