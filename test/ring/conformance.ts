/**
 * What every ring does, whatever moves its bytes: one suite as a function of the engines of its two halves. H-numbers
 * are the hazards of the original (PROTOCOL.md 5.3) that the test would meet again.
 */
import { describe, expect, it, vi } from 'vitest';
import { pageError } from '../../lib/page/failure.ts';
import type { EngineName, Page } from '../../lib/page/page.ts';
import {
  NOT_OUTSTANDING,
  openRingEngine,
  PEER_INDEX,
  RING_CLOSED,
  type RingEngine,
  type RingRole,
} from '../../lib/ring/engine.ts';
import { TORN_MILLISECONDS } from '../../lib/ring/half.ts';
import { BackRing, FrontRing, MAX_SLOTS_WITHOUT_ATOMICS, type RingGeometry, ringBytes } from '../../lib/ring/index.ts';
import { CONTROL_RX, CONTROL_TX } from '../../lib/wire/control-rings.ts';
import { expectError } from '../support/expect-error.ts';
import { bytesOf, type Pages, type SharedPages } from '../support/pages.ts';

type Half = FrontRing | BackRing;

const U32 = 2 ** 32;
/** Free-running indices to start from: zero, the wrap inside the first batch, and one past the sign bit. */
const STARTS = [0, U32 - 3, 2 ** 31 - 2];

const GEOMETRIES: RingGeometry[] = [
  CONTROL_TX,
  CONTROL_RX,
  { offset: 16, entryBytes: 16, slots: 4 },
  { offset: 0, entryBytes: 256, slots: 128 },
  { offset: 2048, entryBytes: 1024, slots: 16 },
  { offset: 4, entryBytes: 4, slots: 2 },
  { offset: 128, entryBytes: 20, slots: 1 },
];
const WIDE_GEOMETRIES: RingGeometry[] = [
  { offset: 0, entryBytes: 64, slots: 256 },
  { offset: 128, entryBytes: 16, slots: 1024 },
];

/** An entry whose every byte depends on `n`. */
export function entryOf(n: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (n * 37 + i * 11 + 1) & 0xff);
}

export function ringConformance(pages: Pages, frontEngine: EngineName, backEngine: EngineName): void {
  const atomic = frontEngine !== 'file' && backEngine !== 'file';
  const geometries = [...GEOMETRIES, ...(atomic ? WIDE_GEOMETRIES : [])];

  /** Mappings of a page just large enough for the ring, whose indices both start from `start`. */
  const shared = (geometry: RingGeometry, start = 0): SharedPages => {
    const all = pages.shared(Math.max(4096, geometry.offset + ringBytes(geometry)), frontEngine, backEngine);
    all.raw.store32(geometry.offset, start);
    all.raw.store32(geometry.offset + 4, start);
    return all;
  };
  /** Both halves on such a page. They refuse a false index at once, unless the test is about half-written ones. */
  const attach = (geometry: RingGeometry = CONTROL_TX, start = 0) => {
    const { front, back, raw } = shared(geometry, start);
    const options = { ...geometry, peerMayTear: false };
    return {
      front: new FrontRing(front, options),
      back: new BackRing(back, options),
      pages: { front, back },
      reqProd: wordAt(raw, geometry.offset),
      rspProd: wordAt(raw, geometry.offset + 4),
      slot: (i: number) => bytesOf(raw, geometry.offset + 8 + i * geometry.entryBytes, geometry.entryBytes),
      raw,
    };
  };

  describe.each(geometries)('$slots slots of $entryBytes bytes at $offset', (geometry) => {
    const { entryBytes, slots } = geometry;
    const entry = (n: number) => entryOf(n, entryBytes);
    const at = (box: Uint8Array, i: number) => box.subarray(i * entryBytes, (i + 1) * entryBytes);

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

    it.each(STARTS)('moves whole batches in its boxes, from index %i on', (start) => {
      const { front, back } = attach(geometry, start);
      let asked = 0;
      let answered = 0;
      for (let round = 0; round < 5; round++) {
        const count = front.stageMany(slots + 5);
        expect(count).toBe(slots);
        expect(front.stageMany(1)).toBe(0);
        for (let i = 0; i < count; i++) at(front.outbox, i).set(entry(asked++));
        expect(front.flushAndTake()).toBe(0);

        // One popped by itself: the rest of its batch comes first, from entry 0 on.
        expectEntry(back.pop(), entry(answered));
        const taken = slots === 1 ? 0 : back.flushAndTake();
        expect(taken).toBe(slots - 1);
        for (let i = 0; i < taken; i++) expectEntry(at(back.inbox, i), entry(answered + 1 + i));
        expect(back.room).toBe(slots);
        expect(back.stageMany(slots + 1)).toBe(slots);
        for (let i = 0; i < slots; i++) at(back.outbox, i).set(entry(answered + i + 500));
        expect(back.flushAndTake()).toBe(0);

        expect(front.flushAndTake()).toBe(slots);
        for (let i = 0; i < slots; i++) expectEntry(at(front.inbox, i), entry(answered + i + 500));
        expect(front.flushAndTake()).toBe(0);
        answered += slots;
      }
    });

    it('answers in place, with what was made of the request where it was taken', () => {
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
          expectEntry(at(front.inbox, n), changed);
        }
      }
    });

    it.each(STARTS)('flushes and pops in one, from index %i on', (start) => {
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
        // Publishing makes no room, and neither does being read: only an answer does (H7).
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
      // Exactly as far ahead as can be is no lie.
      raw.write(geometry.offset + 8 + (((seen % slots) + slots) % slots) * entryBytes, entry(77));
      reqProd.value = most;
      expectEntry(back.pop(), entry(77));
      for (let n = taken + 1; n < slots; n++) expect(back.pop()).toBeDefined();
      expect(back.pop()).toBeUndefined();
      expect(back.room).toBe(slots);
      // And with all of them unanswered, one more is.
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
      // All that was asked is answered at once: no lie.
      raw.write(geometry.offset + 8 + (((base % slots) + slots) % slots) * entryBytes, entry(88));
      rspProd.value = base + asked;
      expectEntry(front.pop(), entry(88));
      for (let n = 1; n < asked; n++) expect(front.pop()).toBeDefined();
      expect(front.pop()).toBeUndefined();
      expect(front.room).toBe(slots);
      rspProd.value = base + asked - 1; // backwards
      expectError('ERR_CTRL_IF_PEER_INDEX', 'rsp_prod', () => front.pop());
    });

    it('serves again what a former back took and did not answer (H7, H19)', () => {
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

    it('keeps counting, as a new front, what its former self asked (H19)', () => {
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

    it.each<RingRole>(['front', 'back'])('does not attach as %s to indices that nobody can have left', (role) => {
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

  describe('on the control ring', () => {
    it('puts every byte where control_if_t has it', () => {
      const all = pages.shared(4096, frontEngine, backEngine);
      const golden = Buffer.alloc(4096);
      const page = () => bytesOf(all.raw, 0, 4096);
      const tx = { front: new FrontRing(all.front), back: new BackRing(all.back) };
      const rx = { front: new FrontRing(all.back, CONTROL_RX), back: new BackRing(all.front, CONTROL_RX) };
      expect(page().equals(golden)).toBe(true); // attaching writes nothing

      // tx: CMSG_BLKIF_FE_INTERFACE_CONNECT, id 7, 14 bytes.
      const connect = '0221070e' + '01000000' + '0200' + '04030201' + '05060708';
      tx.front.push(Buffer.from(connect, 'hex'));
      tx.front.flush();
      golden.write(`0100000000000000${connect}`, 0, 'hex');
      expect(page().toString('hex')).toBe(golden.toString('hex'));

      // rx: two requests of the controller, 64 bytes each, in slots 0 and 1 at 528 and 592.
      rx.front.pushMany([Buffer.alloc(64, 0xa1), Buffer.alloc(64, 0xb2)]);
      rx.front.flush();
      golden.write('0200000000000000', 520, 'hex');
      golden.fill(0xa1, 528, 592).fill(0xb2, 592, 656);
      expect(page().toString('hex')).toBe(golden.toString('hex'));

      // Their responses, the second one first: it lands in slot 0.
      expect(rx.back.popMany(() => {})).toBe(2);
      rx.back.push(Buffer.alloc(64, 0xc3));
      rx.back.flush();
      golden.write('0200000001000000', 520, 'hex');
      golden.fill(0xc3, 528, 592);
      expect(page().toString('hex')).toBe(golden.toString('hex'));

      // A response in the request's own slot, and the eighth slot's last byte is 519.
      tx.back.pop();
      tx.back.push(Buffer.from([2, 33, 7, 0]));
      tx.back.flush();
      golden.write(`010000000100000002210700${'00'.repeat(60)}`, 0, 'hex');
      expect(page().toString('hex')).toBe(golden.toString('hex'));
      tx.front.pop();
      for (let n = 1; n < 8; n++) tx.front.push(Buffer.alloc(64, n));
      tx.front.flush();
      golden.write('0800000001000000', 0, 'hex');
      for (let n = 1; n < 8; n++) golden.fill(n, 8 + 64 * n, 72 + 64 * n);
      expect(page().toString('hex')).toBe(golden.toString('hex'));
      expect(golden.subarray(519, 521).toString('hex')).toBe('0702');
    });

    it('publishes with flush alone, and a batch with one change of the index', () => {
      const { front, back, pages: own, reqProd, rspProd, raw, slot } = attach();
      const publishes = [publishesOf(front, own.front), publishesOf(back, own.back)];
      for (let n = 1; n <= 5; n++) front.push(entryOf(n, 64));
      expect(front.pending).toBe(5);
      expect(reqProd.value).toBe(0);
      expect(bytesOf(raw, 0, 1040).equals(Buffer.alloc(1040))).toBe(true); // not a byte of it is out
      expect(back.pop()).toBeUndefined();
      expect(front.flush()).toBe(5);
      expect(reqProd.value).toBe(5);
      expect(front.pending).toBe(0);
      expect(front.flush()).toBe(0);

      for (let n = 1; n <= 5; n++) expectEntry(back.pop(), entryOf(n, 64));
      for (let n = 6; n <= 8; n++) back.push(entryOf(n, 64));
      expect(rspProd.value).toBe(0);
      expectEntry(Uint8Array.from(slot(0)), entryOf(1, 64)); // the request is still there
      expect(front.pop()).toBeUndefined();
      expect(back.pending).toBe(3);
      expect(back.flush()).toBe(3);
      expect(rspProd.value).toBe(3);
      for (let n = 6; n <= 8; n++) expectEntry(front.pop(), entryOf(n, 64));
      expect(publishes.map((count) => count())).toEqual([1, 1]);
    });

    it('gives responses the next position, in whatever order they come', () => {
      const { front, back, slot } = attach(CONTROL_TX, 5);
      front.pushMany([entryOf(1, 64), entryOf(2, 64), entryOf(3, 64)]);
      front.flush();
      const taken = [back.pop()!, back.pop()!, back.pop()!].map((request) => Uint8Array.from(request));
      back.push(taken[2]!);
      back.push(taken[0]!);
      back.flush();
      expectEntry(Uint8Array.from(slot(5)), entryOf(3, 64));
      expectEntry(Uint8Array.from(slot(6)), entryOf(1, 64));
      expectEntry(Uint8Array.from(slot(7)), entryOf(3, 64));
      back.push(taken[1]!);
      back.flush();
      expectEntry(Uint8Array.from(slot(7)), entryOf(2, 64));
      expect([front.pop()![0], front.pop()![0], front.pop()![0]]).toEqual([3, 1, 2].map((n) => entryOf(n, 64)[0]));
    });

    it('hands out copies that the peer cannot change any more (H2)', () => {
      const { front, back, raw } = attach();
      front.pushMany([entryOf(1, 64), entryOf(2, 64)]);
      front.flush();
      const first = back.pop()!;
      raw.write(0, new Uint8Array(1040).fill(0xff)); // the first and the second were copied together
      expectEntry(first, entryOf(1, 64));
      expectEntry(back.pop(), entryOf(2, 64));
      expectEntry(first, entryOf(1, 64));

      raw.store32(0, 2);
      raw.store32(4, 0);
      back.pushMany([entryOf(3, 64), entryOf(4, 64)]);
      back.flush();
      const response = front.pop()!;
      raw.write(8, new Uint8Array(512).fill(0xff));
      expectEntry(response, entryOf(3, 64));
      expectEntry(front.pop(), entryOf(4, 64));
    });

    it('keeps its own indices to itself: who overwrites them changes nothing', () => {
      const { front, back, reqProd, rspProd } = attach();
      front.push(entryOf(1, 64));
      front.flush();
      expectEntry(back.pop(), entryOf(1, 64));
      reqProd.value = 999;
      rspProd.value = 0;
      front.push(entryOf(2, 64));
      front.flush();
      expect(reqProd.value).toBe(2);
      expectEntry(back.pop(), entryOf(2, 64));
      rspProd.value = 777;
      back.push(entryOf(3, 64));
      back.flush();
      expect(rspProd.value).toBe(1);
      expectEntry(front.pop(), entryOf(3, 64));
    });

    it('fills a short entry up with zeros, whatever was there before (H12)', () => {
      const { front, back, slot } = attach();
      for (let round = 0; round < 2; round++) {
        for (let n = 0; n < 8; n++) front.push(new Uint8Array(64).fill(0xff));
        front.flush();
        while (back.pop()) back.push(new Uint8Array(64).fill(0xff));
        back.flush();
        while (front.pop());
      }
      const short = Uint8Array.from([...entryOf(9, 5), ...new Uint8Array(59)]);
      front.push(entryOf(9, 5));
      front.push(new Uint8Array(0));
      front.flush();
      expectEntry(Uint8Array.from(slot(0)), short);
      expect(Uint8Array.from(slot(1))).toEqual(new Uint8Array(64));
      expectEntry(back.pop(), short);
      back.push(entryOf(9, 5));
      back.flush();
      expectEntry(Uint8Array.from(slot(0)), short);
      expectEntry(front.pop(), short);
    });

    it('refuses an entry that is too long, and sends nothing of it', () => {
      const { front, back, reqProd } = attach();
      for (const half of [front, back] as Half[]) {
        const error = expectError('ERR_CTRL_IF_RING_ENTRY', '65 bytes', () => half.push(new Uint8Array(65)));
        expect(error).toMatchObject({ received: 65, expected: 'at most 64 bytes' });
        expect(half.pending).toBe(0);
      }
      expect(front.flush()).toBe(0);
      expect(reqProd.value).toBe(0);
    });

    it('refuses a response that nobody waits for (H6)', () => {
      const { front, back, rspProd, slot } = attach();
      const refuse = () => {
        expect(back.stage()).toBeUndefined();
        expectError('ERR_CTRL_IF_RING_NOT_OUTSTANDING', 'request', () => back.push(entryOf(6, 64)));
        expect(back.flush()).toBe(0);
      };
      refuse();
      front.pushMany([entryOf(1, 64), entryOf(2, 64)]);
      front.flush();
      refuse(); // published, but nobody has popped it
      expectEntry(Uint8Array.from(slot(0)), entryOf(1, 64));
      back.pop();
      back.push(entryOf(3, 64));
      expectError('ERR_CTRL_IF_RING_NOT_OUTSTANDING', 'request', () => back.push(entryOf(4, 64)));
      expect(back.flush()).toBe(1);
      refuse(); // answered once
      expect(rspProd.value).toBe(1);
      expectEntry(Uint8Array.from(slot(1)), entryOf(2, 64)); // the unread request is whole
      expectEntry(back.pop(), entryOf(2, 64));
    });

    it('stages in place, and takes the last of it back', () => {
      const { front, back } = attach();
      front.stage()!.fill(1);
      front.stage()!.fill(2);
      front.unstage();
      expect(front.pending).toBe(1);
      expect(front.room).toBe(7);
      front.stage()!.fill(3);
      expect(front.flush()).toBe(2);
      front.unstage(); // nothing is staged: nothing to take back
      expect(front.pending).toBe(0);
      expect([back.pop()![5], back.pop()![5], back.pop()]).toEqual([1, 3, undefined]);
      back.stage();
      back.unstage();
      expect(back.room).toBe(2);
    });

    it('says ERR_CTRL_IF_PAGE_CLOSED after unmap, for each use', () => {
      const { front, back, pages: own } = attach();
      front.pushMany([entryOf(1, 64), entryOf(2, 64)]);
      front.flush();
      back.pop();
      back.push(entryOf(2, 64));
      front.push(entryOf(3, 64));
      own.front.unmap();
      own.back.unmap();
      for (const half of [front, back] as Half[]) {
        expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => half.flush());
        expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => half.flush());
      }
      expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => front.pop());
      expectEntry(Uint8Array.from(back.pop()!), entryOf(2, 64)); // collected before, and private
      expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => back.pop(100));
      expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => new FrontRing(own.front));
      expectError('ERR_CTRL_IF_PAGE_CLOSED', 'unmapped', () => new BackRing(own.back));
    });
  });

  describe('the engine itself', () => {
    const open = (role: RingRole, page: Page, geometry: RingGeometry = CONTROL_TX) =>
      openRingEngine(page, role, geometry);

    it('takes no more than `max`, and keeps the rest for later', () => {
      const { front, back } = shared(CONTROL_TX, U32 - 2);
      const f = open('front', front);
      const b = open('back', back);
      for (let n = 0; n < 5; n++) f.outbox.set(entryOf(n, 64), n * 64);
      expect(f.engine.publish(5)).toBe(5);
      expect(b.engine.collect(0, 3)).toBe(0);
      expect(b.engine.collect(2, 1)).toBe(2);
      expect(b.inbox.subarray(0, 128)).toEqual(Uint8Array.from([...entryOf(0, 64), ...entryOf(1, 64)]));
      expect(b.engine.collect(8, 1)).toBe(3);
      expect(b.inbox.subarray(0, 64)).toEqual(entryOf(2, 64));
      expect(b.engine.collect(8, 100)).toBe(0);
    });

    it('publishes as many requests as have room, responses all or none', () => {
      const { front, back, raw } = shared(CONTROL_TX);
      const f = open('front', front);
      const b = open('back', back);
      expect(b.engine.publish(1)).toBe(NOT_OUTSTANDING);
      expect(f.engine.publish(8)).toBe(8);
      expect(f.engine.publish(1)).toBe(0);
      expect(b.engine.collect(3, 1)).toBe(3);
      expect(b.engine.publish(4)).toBe(NOT_OUTSTANDING);
      expect(raw.load32(4)).toBe(0);
      expect(b.engine.publish(3)).toBe(3);
      expect(b.engine.publish(0)).toBe(0);
      expect(f.engine.collect(8, 1)).toBe(3);
      expect(f.engine.publish(8)).toBe(3);
      expect(raw.load32(0)).toBe(11);
      raw.store32(4, 12);
      expect(f.engine.collect(8, 1)).toBe(PEER_INDEX);
    });

    it('tells that its page is gone', () => {
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
      expect([RING_CLOSED, 'ERR_CTRL_IF_PAGE_CLOSED']).toContain(result(() => engine.publish(1)));
      expect([RING_CLOSED, 'ERR_CTRL_IF_PAGE_CLOSED']).toContain(result(() => engine.collect(8, 1)));
    });
  });

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

    it.each<RingRole>(['front', 'back'])('calls it a lie, as %s, when it stays so', (role) => {
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

    it.each<RingRole>(['front', 'back'])('measures each such time for itself, as %s', (role) => {
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

    it('is what a file engine takes for granted, and an atomic one does not', () => {
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

/** As `toEqual`, without its price for each of thousands of entries. */
function expectEntry(actual: Uint8Array | undefined, expected: Uint8Array): void {
  if (!actual || Buffer.compare(actual, expected) !== 0) expect(actual).toEqual(expected);
}

function wordAt(page: Page, offset: number): { value: number } {
  return {
    get value() {
      return page.load32(offset);
    },
    set value(index: number) {
      page.store32(offset, index);
    },
  };
}

/**
 * How often the half has stored its index from now on. The addon does it in one call of `publish`, whose single store
 * is proved in native/test/ring_test.cc; the engines in JS call `store32` of their page.
 */
function publishesOf(half: Half, page: Page): () => number {
  const { engine } = half as unknown as { engine: RingEngine };
  if (page.engine !== 'native') {
    const stores = vi.spyOn(page, 'store32');
    return () => stores.mock.calls.length;
  }
  const exchanges = vi.spyOn(engine, 'exchange');
  return () => exchanges.mock.calls.filter(([count]) => count > 0).length;
}
