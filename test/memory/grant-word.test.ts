/** One grant between two processes, when one interrupts the other at any access. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mapGrant,
  clearGrant,
  type GrantWords,
  isMappedBy,
  grantAccess,
  readGrant,
  unmapGrant,
  endAccess,
} from '../../lib/memory/grant-word.ts';
import { SabPage } from '../../lib/page/sab-page.ts';

const AT = 8;
const MINE = 7;

/** The words, with `between` called before each access. */
function view(page: SabPage, between: () => void): GrantWords {
  const on =
    <A extends unknown[], R>(access: (...args: A) => R) =>
    (...args: A): R => {
      between();
      return access(...args);
    };
  return {
    load32: on((offset: number) => page.load32(offset)),
    store32: on((offset: number, value: number) => page.store32(offset, value)),
    compareExchange32: on((offset: number, expected: number, desired: number) =>
      page.compareExchange32(offset, expected, desired),
    ),
  };
}

describe('a grant', () => {
  const both = () => {
    const page = SabPage.create(16);
    return { page, owner: page, backend: page };
  };

  it('is laid out as documented', () => {
    const { page, owner, backend } = both();
    grantAccess(owner, AT, 0x1234);
    expect(page.load32(AT)).toBe(0x0001_1234);
    mapGrant(backend, AT, 0x1234);
    expect(page.load32(AT)).toBe(0x0101_1234);
    unmapGrant(backend, AT, 0x1234);
    endAccess(owner, AT);
    expect(page.load32(AT)).toBe(0);
    expect([page.load32(AT - 4), page.load32(AT + 4)]).toEqual([0, 0]);
  });

  it('is mapped once by the domain that it was granted to, and ends after the unmap', () => {
    const { owner, backend } = both();
    expect(mapGrant(backend, AT, MINE)).toBe('not-granted');
    expect(grantAccess(owner, AT, MINE)).toBe(true);
    expect(mapGrant(backend, AT, 8)).toBe('not-granted');
    expect(mapGrant(backend, AT, MINE)).toBe('mapped');
    expect(mapGrant(backend, AT, MINE)).toBe('in-use');
    expect(endAccess(owner, AT)).toBe(false);
    expect(readGrant(owner, AT)).toEqual({ grantedTo: MINE, mapped: true });
    expect(isMappedBy(backend, AT, MINE)).toBe(true);
    expect(grantAccess(owner, AT, 9)).toBe(false);
    unmapGrant(backend, AT, 8); // another's
    expect(isMappedBy(backend, AT, MINE)).toBe(true);
    unmapGrant(backend, AT, MINE);
    expect(endAccess(owner, AT)).toBe(true);
    expect(mapGrant(backend, AT, MINE)).toBe('not-granted');
  });

  it('that was taken by force does not come back when its former holder acts again', () => {
    const { page, owner, backend } = both();
    grantAccess(owner, AT, MINE);
    mapGrant(backend, AT, MINE);
    clearGrant(owner, AT);
    grantAccess(owner, AT, 8);
    mapGrant(backend, AT, 8);
    unmapGrant(backend, AT, MINE);
    expect(page.load32(AT)).toBe(0x0101_0008);
  });

  // At each access of one process, the other may run its whole part.
  it.each(['owner', 'backend'])(
    'never has its access ended and is mapped, both, where the %s is interrupted',
    (interrupted) => {
      let places = 0;
      for (let place = 0; place < 12; place++) {
        const page = SabPage.create(16);
        grantAccess(page, AT, MINE);
        let ended: boolean | undefined;
        let mapped: boolean | undefined;
        let left = place;
        const interrupt = (act: () => void) => () => {
          if (left-- === 0) act();
        };
        const map = (words: GrantWords) => {
          mapped = mapGrant(words, AT, MINE) === 'mapped';
        };
        const end = (words: GrantWords) => {
          ended = endAccess(words, AT);
        };
        if (interrupted === 'owner') {
          end(
            view(
              page,
              interrupt(() => map(page)),
            ),
          );
          if (mapped === undefined) continue;
        } else {
          map(
            view(
              page,
              interrupt(() => end(page)),
            ),
          );
          if (ended === undefined) continue;
        }
        places++;
        // A frame that is mapped while the end of access fails counts only if the grant says so when it is read again, as a mapper does.
        const holds = mapped && isMappedBy(page, AT, MINE);
        expect(ended && holds, `interrupted at access ${place}`).toBe(false);
        if (!holds) unmapGrant(page, AT, MINE);
        expect(readGrant(page, AT)).toEqual(
          ended ? { grantedTo: undefined, mapped: false } : { grantedTo: MINE, mapped: holds },
        );
      }
      expect(places).toBeGreaterThanOrEqual(2);
    },
  );

  it.each(['owner', 'backend'])('ends when the %s is interrupted by the other', (interrupted) => {
    for (let place = 0; place < 12; place++) {
      const page = SabPage.create(16);
      grantAccess(page, AT, MINE);
      mapGrant(page, AT, MINE);
      let left = place;
      const interrupt = (act: () => void) => () => {
        if (left-- === 0) act();
      };
      const release = (words: GrantWords) => unmapGrant(words, AT, MINE);
      let ended = false;
      if (interrupted === 'owner') {
        ended = endAccess(
          view(
            page,
            interrupt(() => release(page)),
          ),
          AT,
        );
        if (left >= 0) release(page);
      } else {
        release(
          view(
            page,
            interrupt(() => {
              ended = endAccess(page, AT);
            }),
          ),
        );
      }
      expect(readGrant(page, AT), `interrupted at access ${place}`).toEqual({
        grantedTo: ended ? undefined : MINE,
        mapped: false,
      });
    }
  });

  it('is exchanged in bounded time, and no mapped frame is freed, whatever the peer has written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (garbage) => {
        const { page, owner, backend } = both();
        page.store32(AT, garbage);
        const { mapped } = readGrant(owner, AT);
        expect(endAccess(owner, AT)).toBe(!mapped);
        page.store32(AT, garbage);
        expect(grantAccess(owner, AT, MINE)).toBe(!mapped);
        page.store32(AT, garbage);
        const granted = readGrant(backend, AT).grantedTo === MINE;
        expect(mapGrant(backend, AT, MINE)).toBe(granted ? (mapped ? 'in-use' : 'mapped') : 'not-granted');
      }),
    );
  });

  it('is exchanged in bounded time against a peer that changes it all the time', () => {
    const page = SabPage.create(16);
    let n = 0;
    const restless = () => page.store32(AT, 0x10000 | (n++ & 0xff));
    grantAccess(page, AT, MINE);
    expect(typeof endAccess(view(page, restless), AT)).toBe('boolean');
    expect(mapGrant(view(page, restless), AT, MINE)).not.toBe('mapped');
  });
});
