/** The control ring. H-numbers are the hazards of the original (PROTOCOL.md 5.3) that a test covers. */
import { describe, expect, it, vi } from 'vitest';
import type { Page } from '../../../lib/page/page.ts';
import type { RingEngine } from '../../../lib/ring/engine.ts';
import { BackRing, FrontRing } from '../../../lib/ring/index.ts';
import { CONTROL_RX, CONTROL_TX } from '../../../lib/wire/control-rings.ts';
import { expectError } from '../../support/expect-error.ts';
import { bytesOf } from '../../support/pages.ts';
import { entryOf, expectEntry, type RingEngines, ringsOf } from './rings.ts';

type Half = FrontRing | BackRing;

export function controlRing(engines: RingEngines): void {
  const { pages, front: frontEngine, back: backEngine } = engines;
  const { attach } = ringsOf(engines);

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

      // Their responses, the second one first: it goes to slot 0.
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

    it('gives each response the next position, in any order of responses', () => {
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

    it('returns copies that the peer cannot change (H2)', () => {
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

    it('keeps its own indices privately: overwriting them in the page changes nothing', () => {
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

    it('fills a short entry with zeros, whatever was there before (H12)', () => {
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

    it('refuses an entry that is too long, and sends no part of it', () => {
      const { front, back, reqProd } = attach();
      for (const half of [front, back] as Half[]) {
        const error = expectError('ERR_CTRL_IF_RING_ENTRY', '65 bytes', () => half.push(new Uint8Array(65)));
        expect(error).toMatchObject({ received: 65, expected: 'at most 64 bytes' });
        expect(half.pending).toBe(0);
      }
      expect(front.flush()).toBe(0);
      expect(reqProd.value).toBe(0);
    });

    it('refuses a response without a request (H6)', () => {
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

    it('stages in place, and drops the last staged entry', () => {
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

    it('throws ERR_CTRL_IF_PAGE_CLOSED after unmap, for each use', () => {
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
}

/**
 * How often the half stores its index from now on. The addon does it in one call of `publish`, whose single store
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
