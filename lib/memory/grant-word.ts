/**
 * One grant, taken and given back by two processes that do not trust each other's timing. The word and who writes which
 * of its bytes: `wire/memory.ts`.
 *
 * Each step is one compare-and-exchange of the whole word, acquire and release: the side that comes second sees the
 * other's step and gives way. Acquire, so that a backend sees what the owner wrote before it granted access, and an owner that
 * ends access sees what the backend wrote before it unmapped; release for the other's acquire.
 */
import type { AtomicPage } from '../page/page.ts';
import { GRANT_ACCESS, GRANT_DOMID, GRANT_MAPPED } from '../wire/memory.ts';

export type GrantWords = Pick<AtomicPage, 'load32' | 'store32' | 'compareExchange32'>;

export interface Grant {
  /** Undefined: to nobody. */
  grantedTo: number | undefined;
  mapped: boolean;
}

export function readGrant(words: Pick<GrantWords, 'load32'>, at: number): Grant {
  const word = words.load32(at);
  return {
    grantedTo: (word & GRANT_ACCESS) === 0 ? undefined : word & GRANT_DOMID,
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
    if (words.compareExchange32(at, word, next >>> 0) === word) return true;
  }
  return false;
}

/** The owner's. False: the grant says that the frame is mapped. */
export function grantAccess(words: GrantWords, at: number, domid: number): boolean {
  return exchange(words, at, (word) => ((word & GRANT_MAPPED) === 0 ? GRANT_ACCESS | domid : undefined));
}

/** The owner's. False: the frame is mapped, and granted as before. */
export function endAccess(words: GrantWords, at: number): boolean {
  return exchange(words, at, (word) => ((word & GRANT_MAPPED) === 0 ? 0 : undefined));
}

/** The owner's, for a backend that is dead and will never unmap. */
export function clearGrant(words: GrantWords, at: number): void {
  words.store32(at, 0); // release: pairs with the load of the next who looks; there is no other writer left
}

/** `in-use`: another mapper of that domain has it. */
export type MapResult = 'mapped' | 'not-granted' | 'in-use';

/** The backend's, before it maps. */
export function mapGrant(words: GrantWords, at: number, domid: number): MapResult {
  let found: MapResult = 'not-granted';
  const mark = (word: number): number | undefined => {
    found = 'not-granted';
    if ((word & GRANT_ACCESS) === 0 || (word & GRANT_DOMID) !== domid) return undefined;
    found = 'in-use';
    return (word & GRANT_MAPPED) === 0 ? word | GRANT_MAPPED : undefined;
  };
  return exchange(words, at, mark) ? 'mapped' : found;
}

/** Whether that domain has it mapped by its grant still: to be read again once the frame is mapped. */
export function isMappedBy(words: Pick<GrantWords, 'load32'>, at: number, domid: number): boolean {
  const { grantedTo, mapped } = readGrant(words, at);
  return grantedTo === domid && mapped;
}

/** The backend's, after it has unmapped. A grant that was taken from it, and given to another, is left alone. */
export function unmapGrant(words: GrantWords, at: number, domid: number): void {
  exchange(words, at, (word) => ((word & GRANT_DOMID) === domid ? word & ~GRANT_MAPPED : undefined));
}
