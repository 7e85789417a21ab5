/** A ring whose peer may be seen in the middle of writing its index. */
import { describe, expect, it, vi } from 'vitest';
import type { RingRole } from '../../../lib/ring/engine.ts';
import { TORN_MILLISECONDS } from '../../../lib/ring/half.ts';
import { BackRing, FrontRing, MAX_SLOTS_WITHOUT_ATOMICS } from '../../../lib/ring/index.ts';
import { CONTROL_TX } from '../../../lib/wire/control-rings.ts';
import { expectError } from '../../support/expect-error.ts';
import { entryOf, type RingEngines, ringsOf, wordAt } from './rings.ts';
export function tornIndex(engines: RingEngines): void {
  const { shared } = ringsOf(engines);

  describe('with a peer that moves its index as bytes', () => {
    const torn = (role: RingRole) => {
      const geometry = { offset: 0, entryBytes: 16, slots: MAX_SLOTS_WITHOUT_ATOMICS };
      const { front, back, raw } = shared(geometry, 0xff);
      const options = { ...geometry, peerMayTear: true };
      const f = new FrontRing(front, options);
      const b = new BackRing(back, options);
      if (role === 'front') {
        for (let n = 0; n < 2; n++) f.push(entryOf(n, 16));
        f.flush();
      }
      return { half: role === 'front' ? f : b, index: wordAt(raw, role === 'front' ? 4 : 0) };
    };
    const withClock = (act: (advance: (milliseconds: number) => void) => void) => {
      vi.useFakeTimers({ toFake: ['performance'] });
      try {
        vi.advanceTimersByTime(5_000);
        act((milliseconds) => vi.advanceTimersByTime(milliseconds));
      } finally {
        vi.useRealTimers();
      }
    };

    it.each<RingRole>(['front', 'back'])('waits as %s while the index is half-written', (role) => {
      const { half, index } = torn(role);
      withClock((advance) => {
        // 0xff -> 0x100, seen with the new low byte alone, then with the new high byte alone.
        index.value = 0x000;
        expect(half.pop()).toBeUndefined();
        index.value = 0x1ff;
        advance(TORN_MILLISECONDS - 1);
        expect(half.pop(50)).toBeUndefined();
        index.value = 0x100;
        expect(half.pop()).toBeDefined();
        expect(half.pop()).toBeUndefined();
      });
    });

    it.each<RingRole>(['front', 'back'])('refuses it, as %s, when it stays impossible', (role) => {
      const { half, index } = torn(role);
      withClock((advance) => {
        index.value = 0x1ff;
        expect(half.pop()).toBeUndefined();
        advance(TORN_MILLISECONDS - 1);
        expect(half.pop()).toBeUndefined();
        advance(1);
        expectError('ERR_CTRL_IF_PEER_INDEX', role === 'front' ? 'rsp_prod' : 'req_prod', () => half.pop());
        expectError('ERR_CTRL_IF_PEER_INDEX', role === 'front' ? 'rsp_prod' : 'req_prod', () => half.pop());
        index.value = 0x100;
        expect(half.pop()).toBeDefined();
      });
    });

    it.each<RingRole>(['front', 'back'])('measures the time of each torn index separately, as %s', (role) => {
      const { half, index } = torn(role);
      withClock((advance) => {
        index.value = 0x000;
        expect(half.pop()).toBeUndefined();
        advance(1);
        index.value = 0xff; // honest, with nothing new in it
        expect(half.pop()).toBeUndefined();
        advance(10 * TORN_MILLISECONDS);
        index.value = 0x1ff;
        expect(half.pop()).toBeUndefined();
        index.value = 0x100;
        expect(half.pop()).toBeDefined();
        advance(10 * TORN_MILLISECONDS);
        index.value = 0x001;
        expect(half.pop()).toBeUndefined();
      });
    });

    it('is the default of a file engine, and not of an atomic one', () => {
      for (const role of ['front', 'back'] as const) {
        const all = shared(CONTROL_TX);
        const half = role === 'front' ? new FrontRing(all.front) : new BackRing(all.back);
        all.raw.store32(role === 'front' ? 4 : 0, 9);
        if (all[role].atomic) expectError('ERR_CTRL_IF_PEER_INDEX', 'prod', () => half.pop());
        else expect(half.pop()).toBeUndefined();
      }
    });
  });
}
