/** The engine of a ring, without the ring. */
import { describe, expect, it } from 'vitest';
import { pageError } from '../../../lib/page/failure.ts';
import type { Page } from '../../../lib/page/page.ts';
import { NOT_OUTSTANDING, openRingEngine, PEER_INDEX, RING_CLOSED, type RingRole } from '../../../lib/ring/engine.ts';
import type { RingGeometry } from '../../../lib/ring/index.ts';
import { CONTROL_TX } from '../../../lib/wire/control-rings.ts';
import { entryOf, type RingEngines, ringsOf, U32 } from './rings.ts';
export function engineItself(engines: RingEngines): void {
  const { shared } = ringsOf(engines);

  describe('the engine itself', () => {
    const open = (role: RingRole, page: Page, geometry: RingGeometry = CONTROL_TX) =>
      openRingEngine(page, role, geometry);

    it('takes no more than `max`, and keeps the rest for later', () => {
      const { front, back } = shared(CONTROL_TX, U32 - 2);
      const f = open('front', front);
      const b = open('back', back);
      for (let n = 0; n < 5; n++) f.outbox.set(entryOf(n, 64), n * 64);
      expect(f.engine.exchange(5, 0, 0)).toBe(0);
      expect(b.engine.collect(0, 3)).toBe(0);
      expect(b.engine.collect(2, 1)).toBe(2);
      expect(b.inbox.subarray(0, 128)).toEqual(Uint8Array.from([...entryOf(0, 64), ...entryOf(1, 64)]));
      expect(b.engine.collect(8, 1)).toBe(3);
      expect(b.inbox.subarray(0, 64)).toEqual(entryOf(2, 64));
      expect(b.engine.collect(8, 100)).toBe(0);
    });

    it('publishes as many requests as there is room for, and all responses or none', () => {
      const { front, back, raw } = shared(CONTROL_TX);
      const f = open('front', front);
      const b = open('back', back);
      expect(b.engine.exchange(1, 0, 0)).toBe(NOT_OUTSTANDING);
      expect(f.engine.exchange(8, 0, 0)).toBe(0);
      expect(f.engine.exchange(1, 0, 0)).toBe(0);
      expect(raw.load32(0)).toBe(8);
      expect(b.engine.collect(3, 1)).toBe(3);
      expect(b.engine.exchange(4, 0, 0)).toBe(NOT_OUTSTANDING);
      expect(raw.load32(4)).toBe(0);
      expect(b.engine.exchange(3, 0, 0)).toBe(0);
      expect(raw.load32(4)).toBe(3);
      expect(b.engine.exchange(0, 0, 0)).toBe(0);
      expect(f.engine.collect(8, 1)).toBe(3);
      expect(f.engine.exchange(8, 0, 0)).toBe(0);
      expect(raw.load32(0)).toBe(11);
      raw.store32(4, 12);
      expect(f.engine.collect(8, 1)).toBe(PEER_INDEX);
    });

    it('reports that its page is unmapped', () => {
      const { front } = shared(CONTROL_TX);
      const { engine } = open('front', front);
      front.unmap();
      // A number from the addon, which must not throw on a hot call; an error from the engines in JS.
      const result = (act: () => number) => {
        try {
          return act();
        } catch (failure) {
          return pageError(failure, '').code;
        }
      };
      expect([RING_CLOSED, 'ERR_CTRL_IF_PAGE_CLOSED']).toContain(result(() => engine.exchange(1, 0, 0)));
      expect([RING_CLOSED, 'ERR_CTRL_IF_PAGE_CLOSED']).toContain(result(() => engine.collect(8, 1)));
    });
  });
}
