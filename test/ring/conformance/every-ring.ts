/** A ring of any size. H-numbers are the hazards of the original (PROTOCOL.md 5.3) that a test covers. */
import { describe, expect, it } from 'vitest';
import type { RingRole } from '../../../lib/ring/engine.ts';
import { BackRing, FrontRing } from '../../../lib/ring/index.ts';
import { expectError } from '../../support/expect-error.ts';
import { entryOf, expectEntry, type RingEngines, ringsOf, STARTS, U32 } from './rings.ts';
export function everyRing(engines: RingEngines): void {
  const { shared, attach, geometries } = ringsOf(engines);

  describe.each(geometries)('$slots slots of $entryBytes bytes at $offset', (geometry) => {
    const { entryBytes, slots } = geometry;
    const entry = (n: number) => entryOf(n, entryBytes);
    const entryAt = (box: Uint8Array, i: number) => box.subarray(i * entryBytes, (i + 1) * entryBytes);

    it.each(STARTS)('carries requests and responses in order, from index %i on', (start) => {
      const { front, back, reqProd, rspProd } = attach(geometry, start);
      const rounds = Math.min(4 * slots, 64) + 3;
      for (let n = 0; n < rounds; n++) {
        expect(front.push(entry(n))).toBe(true);
        expect(front.flush()).toBe(1);
        expectEntry(back.pop(), entry(n));
        expect(back.push(entry(n + 1000))).toBe(true);
        expect(back.flush()).toBe(1);
        expectEntry(front.pop(), entry(n + 1000));
        expect(front.pop()).toBeUndefined();
        expect(back.pop()).toBeUndefined();
      }
      expect(reqProd.value).toBe((start + rounds) % U32);
      expect(rspProd.value).toBe((start + rounds) % U32);
    });

    it.each(STARTS)('moves whole batches in its outbox and inbox, from index %i on', (start) => {
      const { front, back } = attach(geometry, start);
      let asked = 0;
      let answered = 0;
      for (let round = 0; round < 5; round++) {
        const count = front.stageMany(slots + 5);
        expect(count).toBe(slots);
        expect(front.stageMany(1)).toBe(0);
        for (let i = 0; i < count; i++) entryAt(front.outbox, i).set(entry(asked++));
        expect(front.flushAndTake()).toBe(0);

        // One popped by itself: the rest of its batch comes first, from entry 0 on.
        expectEntry(back.pop(), entry(answered));
        const taken = slots === 1 ? 0 : back.flushAndTake();
        expect(taken).toBe(slots - 1);
        for (let i = 0; i < taken; i++) expectEntry(entryAt(back.inbox, i), entry(answered + 1 + i));
        expect(back.room).toBe(slots);
        expect(back.stageMany(slots + 1)).toBe(slots);
        for (let i = 0; i < slots; i++) entryAt(back.outbox, i).set(entry(answered + i + 500));
        expect(back.flushAndTake()).toBe(0);

        expect(front.flushAndTake()).toBe(slots);
        for (let i = 0; i < slots; i++) expectEntry(entryAt(front.inbox, i), entry(answered + i + 500));
        expect(front.flushAndTake()).toBe(0);
        answered += slots;
      }
    });

    it('answers in place, with the changed bytes of the request', () => {
      const { front: frontPage, back: backPage } = shared(geometry);
      const front = new FrontRing(frontPage, { ...geometry, peerMayTear: false });
      const back = new BackRing(backPage, { ...geometry, peerMayTear: false, inPlace: true });
      for (let round = 0; round < 3; round++) {
        const count = Math.max(1, slots - round);
        for (let n = 0; n < count; n++) front.push(entry(round + n));
        front.flush();
        expect(back.flushAndTake()).toBe(count);
        for (let n = 0; n < count; n++) back.inbox[n * entryBytes]! ^= 0xff;
        expect(back.stageMany(count)).toBe(count);
        expect(back.flushAndTake()).toBe(0);
        expect(front.flushAndTake()).toBe(count);
        for (let n = 0; n < count; n++) {
          const changed = entry(round + n);
          changed[0]! ^= 0xff;
          expectEntry(entryAt(front.inbox, n), changed);
        }
      }
    });

    it.each(STARTS)('flushes and pops in one call, from index %i on', (start) => {
      const { front, back } = attach(geometry, start);
      for (let n = 0; n < 3 * slots; n++) {
        front.push(entry(n));
        expect(front.flushAndPop()).toBeUndefined();
        expectEntry(back.flushAndPop(), entry(n));
        expect(back.popCollected()).toBeUndefined();
        back.push(entry(n + 7));
        expect(back.flushAndPop()).toBeUndefined();
        expectEntry(front.flushAndPop(), entry(n + 7));
        expect(front.unanswered).toBe(0);
      }
    });

    it.each(STARTS)('takes `slots` requests and not one more, from index %i on', (start) => {
      const { front, back, reqProd } = attach(geometry, start);
      for (let round = 0; round < 3; round++) {
        expect(front.room).toBe(slots);
        for (let n = 0; n < slots; n++) expect(front.push(entry(n))).toBe(true);
        expect(front.room).toBe(0);
        expect(front.push(entry(slots))).toBe(false);
        expect(front.stage()).toBeUndefined();
        expect(front.flush()).toBe(slots);
        // Neither publishing nor reading makes room: only an answer does (H7).
        expect(front.push(entry(slots))).toBe(false);
        for (let n = 0; n < slots; n++) expectEntry(back.pop(), entry(n));
        expect(back.pop()).toBeUndefined();
        expect(front.room).toBe(0);
        expect(front.unanswered).toBe(slots);
        expect(back.room).toBe(slots);
        // The first answer makes room for exactly one (H8: however full it was before).
        back.push(entry(0));
        back.flush();
        expect(front.room).toBe(0);
        expectEntry(front.pop(), entry(0));
        expect(front.room).toBe(1);
        expect(front.push(entry(slots))).toBe(true);
        expect(front.push(entry(slots))).toBe(false);
        front.flush();
        expectEntry(back.pop(), entry(slots));
        for (let n = 1; n <= slots; n++) back.push(entry(n));
        expect(back.flush()).toBe(slots);
        for (let n = 1; n <= slots; n++) expectEntry(front.pop(), entry(n));
        expect(front.unanswered).toBe(0);
      }
      expect(reqProd.value).toBe((start + 3 * (slots + 1)) % U32);
    });

    it('moves many at once', () => {
      const { front, back } = attach(geometry, U32 - 1);
      const some = Array.from({ length: slots + 2 }, (_, n) => entry(n));
      expect(front.pushMany(some)).toBe(slots);
      expect(front.flush()).toBe(slots);
      const requests: Uint8Array[] = [];
      expect(back.popMany((request) => requests.push(Uint8Array.from(request)), slots - 1)).toBe(slots - 1);
      expect(back.popMany((request) => requests.push(Uint8Array.from(request)))).toBe(1);
      expect(requests).toEqual(some.slice(0, slots));
      expect(back.popMany(() => expect.unreachable())).toBe(0);
      expect(back.pushMany(some.slice(0, slots).reverse())).toBe(slots);
      expect(back.flush()).toBe(slots);
      const responses: Uint8Array[] = [];
      expect(front.popMany((response) => responses.push(Uint8Array.from(response)))).toBe(slots);
      expect(responses).toEqual(some.slice(0, slots).reverse());
      expect(front.room).toBe(slots);
    });

    it('refuses a false req_prod at every boundary, takes nothing, and goes on once it is honest', () => {
      const base = U32 - 2;
      const { front, back, reqProd, slot, raw } = attach(geometry, base);
      const taken = slots >> 1; // popped and not answered, so that the bound is not just `slots`
      for (let n = 0; n < taken; n++) front.push(entry(n));
      front.flush();
      for (let n = 0; n < taken; n++) expectEntry(back.pop(), entry(n));
      const seen = base + taken;
      const most = base + slots;
      for (const lie of [
        most + 1,
        most + 2,
        most + slots,
        seen - 1,
        seen - slots,
        seen + 2 ** 31,
        seen - 2 ** 31 + 1,
      ]) {
        reqProd.value = lie;
        const error = expectError('ERR_CTRL_IF_PEER_INDEX', `req_prod at byte ${geometry.offset} `, () => back.pop());
        expect(error).toMatchObject({ offset: geometry.offset, field: 'req_prod' });
        expectError('ERR_CTRL_IF_PEER_INDEX', 'req_prod', () => back.pop(10));
        expect(back.room).toBe(taken);
      }
      // The furthest possible index is no lie.
      raw.write(geometry.offset + 8 + (((seen % slots) + slots) % slots) * entryBytes, entry(77));
      reqProd.value = most;
      expectEntry(back.pop(), entry(77));
      for (let n = taken + 1; n < slots; n++) expect(back.pop()).toBeDefined();
      expect(back.pop()).toBeUndefined();
      expect(back.room).toBe(slots);
      // With all of them unanswered, one more is a lie.
      reqProd.value = most + 1;
      expectError('ERR_CTRL_IF_PEER_INDEX', 'req_prod', () => back.pop());
      reqProd.value = most;
      expect(back.pop()).toBeUndefined();
      back.push(entry(5));
      expect(back.flush()).toBe(1);
      expect(Uint8Array.from(slot(((base % slots) + slots) % slots))).toEqual(entry(5));
    });

    it('refuses a false rsp_prod at every boundary, takes nothing, and goes on once it is honest (H1)', () => {
      const base = U32 - 2;
      const { front, rspProd, raw } = attach(geometry, base);
      rspProd.value = base + 1; // answered before it was asked
      expectError('ERR_CTRL_IF_PEER_INDEX', `rsp_prod at byte ${geometry.offset + 4} `, () => front.pop());
      rspProd.value = base;
      expect(front.pop()).toBeUndefined();

      const asked = (slots >> 1) + 1;
      for (let n = 0; n < asked; n++) front.push(entry(n));
      front.flush();
      for (const lie of [base + asked + 1, base + asked + slots, base - 1, base - slots, base + 2 ** 31]) {
        rspProd.value = lie;
        const error = expectError('ERR_CTRL_IF_PEER_INDEX', 'rsp_prod', () => front.pop());
        expect(error).toMatchObject({ offset: geometry.offset + 4, field: 'rsp_prod' });
        expectError('ERR_CTRL_IF_PEER_INDEX', 'rsp_prod', () => front.pop(10));
        expect(front.unanswered).toBe(asked);
        expect(front.room).toBe(slots - asked);
      }
      // All requests are answered at once: no lie.
      raw.write(geometry.offset + 8 + (((base % slots) + slots) % slots) * entryBytes, entry(88));
      rspProd.value = base + asked;
      expectEntry(front.pop(), entry(88));
      for (let n = 1; n < asked; n++) expect(front.pop()).toBeDefined();
      expect(front.pop()).toBeUndefined();
      expect(front.room).toBe(slots);
      rspProd.value = base + asked - 1; // backwards
      expectError('ERR_CTRL_IF_PEER_INDEX', 'rsp_prod', () => front.pop());
    });

    it('serves again the requests that a former back took and did not answer (H7, H19)', () => {
      const base = U32 - 1;
      const { front, back, pages: own, rspProd } = attach(geometry, base);
      for (let n = 0; n < slots; n++) front.push(entry(n));
      front.flush();
      const answered = slots >> 2;
      for (let n = 0; n < slots; n++) back.pop();
      for (let n = 0; n < answered; n++) back.push(entry(100 + n));
      back.flush();

      const next = new BackRing(own.back, { ...geometry, peerMayTear: false });
      expect(next.unansweredAtAttach).toBe(slots - answered);
      expect(next.room).toBe(0);
      for (let n = answered; n < slots; n++) {
        expectEntry(next.pop(), entry(n));
        next.push(entry(100 + n));
      }
      expect(next.pop()).toBeUndefined();
      next.flush();
      for (let n = 0; n < slots; n++) expectEntry(front.pop(), entry(100 + n));
      expect(front.room).toBe(slots);
      expect(rspProd.value).toBe((base + slots) % U32);
    });

    it('still counts, as a new front, the requests of the former one (H19)', () => {
      const { front, back, pages: own } = attach(geometry, U32 - 1);
      for (let n = 0; n < slots; n++) front.push(entry(n));
      front.flush();
      back.pop();
      back.push(entry(100));
      back.flush(); // published and never popped: the new front does not see it

      const next = new FrontRing(own.front, { ...geometry, peerMayTear: false });
      expect(next.unansweredAtAttach).toBe(slots - 1);
      expect(next.unanswered).toBe(slots - 1);
      expect(next.room).toBe(1);
      expect(next.pop()).toBeUndefined();
      expect(next.push(entry(200))).toBe(true);
      expect(next.push(entry(201))).toBe(false);
      next.flush();
      for (let n = 1; n < slots; n++) {
        expectEntry(back.pop(), entry(n));
        back.push(entry(100 + n));
      }
      expectEntry(back.pop(), entry(200));
      back.push(entry(300));
      back.flush();
      for (let n = 1; n < slots; n++) expectEntry(next.pop(), entry(100 + n));
      expectEntry(next.pop(), entry(300));
      expect(next.room).toBe(slots);
    });

    it.each<RingRole>(['front', 'back'])('does not attach as %s to impossible indices', (role) => {
      for (const [requests, responses] of [
        [slots + 1, 0],
        [0, 1],
        [U32 - 1, 0],
        [2 ** 31, 0],
        [slots, U32 - 1],
      ] as const) {
        const { front, back, raw } = shared(geometry);
        raw.store32(geometry.offset, requests);
        raw.store32(geometry.offset + 4, responses);
        const open = () => (role === 'front' ? new FrontRing(front, geometry) : new BackRing(back, geometry));
        const error = expectError('ERR_CTRL_IF_PEER_INDEX', `byte ${geometry.offset} `, open);
        expect(error.offset).toBe(geometry.offset);
        // The most that two honest halves leave.
        raw.store32(geometry.offset + 4, requests - slots);
        expect(open().unansweredAtAttach).toBe(slots);
      }
    });
  });
}
