/** One grant between two processes, wherever one interrupts the other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claimGrant,
  clearGrant,
  type GrantWords,
  isClaimed,
  offerGrant,
  readGrant,
  releaseGrant,
  revokeGrant,
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
    offerGrant(owner, AT, 0x1234);
    expect(page.load32(AT)).toBe(0x0001_1234);
    claimGrant(backend, AT, 0x1234);
    expect(page.load32(AT)).toBe(0x0101_1234);
    releaseGrant(backend, AT, 0x1234);
    revokeGrant(owner, AT);
    expect(page.load32(AT)).toBe(0);
    expect([page.load32(AT - 4), page.load32(AT + 4)]).toEqual([0, 0]);
  });

  it('goes to the one it was offered to, once, and back when that one has let go', () => {
    const { owner, backend } = both();
    expect(claimGrant(backend, AT, MINE)).toBe('not-offered');
    expect(offerGrant(owner, AT, MINE)).toBe(true);
    expect(claimGrant(backend, AT, 8)).toBe('not-offered');
    expect(claimGrant(backend, AT, MINE)).toBe('claimed');
    expect(claimGrant(backend, AT, MINE)).toBe('mapped');
    expect(revokeGrant(owner, AT)).toBe(false);
    expect(readGrant(owner, AT)).toEqual({ offeredTo: MINE, mapped: true });
    expect(isClaimed(backend, AT, MINE)).toBe(true);
    expect(offerGrant(owner, AT, 9)).toBe(false);
    releaseGrant(backend, AT, 8); // another's
    expect(isClaimed(backend, AT, MINE)).toBe(true);
    releaseGrant(backend, AT, MINE);
    expect(revokeGrant(owner, AT)).toBe(true);
    expect(claimGrant(backend, AT, MINE)).toBe('not-offered');
  });

  it('taken from the dead does not come back when the dead one stirs', () => {
    const { page, owner, backend } = both();
    offerGrant(owner, AT, MINE);
    claimGrant(backend, AT, MINE);
    clearGrant(owner, AT);
    offerGrant(owner, AT, 8);
    claimGrant(backend, AT, 8);
    releaseGrant(backend, AT, MINE);
    expect(page.load32(AT)).toBe(0x0101_0008);
  });

  // Each access of the one may be the place where the other does the whole of its part.
  it.each(['owner', 'backend'])('is never revoked and claimed both, where the %s is interrupted', (interrupted) => {
    let places = 0;
    for (let place = 0; place < 12; place++) {
      const page = SabPage.create(16);
      offerGrant(page, AT, MINE);
      let revoked: boolean | undefined;
      let claimed: boolean | undefined;
      let left = place;
      const interrupt = (act: () => void) => () => {
        if (left-- === 0) act();
      };
      const claim = (words: GrantWords) => {
        claimed = claimGrant(words, AT, MINE) === 'claimed';
      };
      const revoke = (words: GrantWords) => {
        revoked = revokeGrant(words, AT);
      };
      if (interrupted === 'owner') {
        revoke(
          view(
            page,
            interrupt(() => claim(page)),
          ),
        );
        if (claimed === undefined) continue;
      } else {
        claim(
          view(
            page,
            interrupt(() => revoke(page)),
          ),
        );
        if (revoked === undefined) continue;
      }
      places++;
      // A claim made while a revoke gives way holds only if it is still there when looked at again, as a mapper does.
      const holds = claimed && isClaimed(page, AT, MINE);
      expect(revoked && holds, `interrupted at access ${place}`).toBe(false);
      if (!holds) releaseGrant(page, AT, MINE);
      expect(readGrant(page, AT)).toEqual(
        revoked ? { offeredTo: undefined, mapped: false } : { offeredTo: MINE, mapped: holds },
      );
    }
    expect(places).toBeGreaterThanOrEqual(2);
  });

  it.each(['owner', 'backend'])('comes back where the %s is interrupted by the other’s letting go', (interrupted) => {
    for (let place = 0; place < 12; place++) {
      const page = SabPage.create(16);
      offerGrant(page, AT, MINE);
      claimGrant(page, AT, MINE);
      let left = place;
      const interrupt = (act: () => void) => () => {
        if (left-- === 0) act();
      };
      const release = (words: GrantWords) => releaseGrant(words, AT, MINE);
      let revoked = false;
      if (interrupted === 'owner') {
        revoked = revokeGrant(
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
              revoked = revokeGrant(page, AT);
            }),
          ),
        );
      }
      expect(readGrant(page, AT), `interrupted at access ${place}`).toEqual({
        offeredTo: revoked ? undefined : MINE,
        mapped: false,
      });
    }
  });

  it('ends, and frees nothing that says it is mapped, whatever the peer has written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (garbage) => {
        const { page, owner, backend } = both();
        page.store32(AT, garbage);
        const { mapped } = readGrant(owner, AT);
        expect(revokeGrant(owner, AT)).toBe(!mapped);
        page.store32(AT, garbage);
        expect(offerGrant(owner, AT, MINE)).toBe(!mapped);
        page.store32(AT, garbage);
        const offered = readGrant(backend, AT).offeredTo === MINE;
        expect(claimGrant(backend, AT, MINE)).toBe(offered ? (mapped ? 'mapped' : 'claimed') : 'not-offered');
      }),
    );
  });

  it('ends against a peer that never rests', () => {
    const page = SabPage.create(16);
    let n = 0;
    const restless = () => page.store32(AT, 0x10000 | (n++ & 0xff));
    offerGrant(page, AT, MINE);
    expect(typeof revokeGrant(view(page, restless), AT)).toBe('boolean');
    expect(claimGrant(view(page, restless), AT, MINE)).not.toBe('claimed');
  });
});
