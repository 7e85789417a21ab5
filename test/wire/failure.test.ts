import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  carriesFailure,
  decodeFailure,
  encodeFailure,
  FAILURE_BYTES,
  NOT_UNDERSTOOD,
  RECEIVER_FAILED,
} from '../../lib/wire/failure.ts';

const request = { type: 42, subtype: 3, id: 5 };

function encoded(code: string, text: string): Uint8Array {
  const slot = new Uint8Array(64).fill(0xee);
  encodeFailure(request, { kind: 'refused', code, text }, slot);
  return slot;
}

const codes = fc.stringMatching(/^[\x21-\x7e]{1,59}$/);

describe('a failure', () => {
  it('has the bytes that docs/protocol.md gives', () => {
    const slot = encoded('NO_FUNDS', 'only 3 €');
    const hex = `2a030593${'08'}${Buffer.from('NO_FUNDSonly 3 €').toString('hex')}`;
    expect(Buffer.from(slot).toString('hex')).toBe(hex.padEnd(128, '0'));
  });

  it('is decoded with its code, and with as many whole characters of its text as fit', () => {
    fc.assert(
      fc.property(codes, fc.string({ unit: 'grapheme', maxLength: 100 }), (code, text) => {
        const back = decodeFailure(encoded(code, text));
        if (back?.kind !== 'refused') throw new Error(`it came back as ${back?.kind}`);
        expect(back.code).toBe(code);
        expect(text.startsWith(back.text)).toBe(true);
        const next = [...text.slice(back.text.length)][0];
        const used = code.length + Buffer.byteLength(back.text);
        expect(next === undefined || used + Buffer.byteLength(next) > FAILURE_BYTES).toBe(true);
      }),
    );
  });

  it('is not decoded when a message can have the length, or the type is the header’s', () => {
    expect(decodeFailure(new Uint8Array(64).fill(60))).toBeUndefined();
    const seed = encoded('NO', '');
    seed[0] = 10;
    expect(decodeFailure(seed)).toBeUndefined();
    expect([10, 11].map(carriesFailure)).toEqual([false, true]);
  });

  it.each([NOT_UNDERSTOOD, RECEIVER_FAILED])(
    'is decoded as $kind, and all bytes after its length are zero',
    (failure) => {
      const slot = new Uint8Array(64).fill(0xee);
      encodeFailure(request, failure, slot);
      expect(decodeFailure(slot)).toBe(failure);
      expect(slot.subarray(4).every((byte) => byte === 0)).toBe(true);
    },
  );

  it('never makes decoding throw, whatever a peer wrote', () => {
    const slots = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(slots, fc.integer({ min: 0x80, max: 0xff }), (slot, length) => {
        slot[0] = 200;
        slot[3] = length;
        const failure = decodeFailure(slot)!;
        if (failure.kind !== 'refused') return;
        expect(failure.code.length + Buffer.byteLength(failure.text)).toBeLessThanOrEqual(FAILURE_BYTES);
      }),
    );
  });

  it.each([
    ['a length beyond the slot', 0x80 | 61, 0, []],
    ['a code beyond the length', 0x82, 9, []],
    ['a code with a space', 0x83, 2, [0x41, 0x20]],
    ['text that is not UTF-8', 0x84, 1, [0x41, 0xc3, 0x28]],
  ])('says that the receiver failed when the peer sent %s', (_, length, codeBytes, bytes) => {
    const slot = new Uint8Array(64);
    slot.set([200, 0, 1, length, codeBytes, ...bytes]);
    expect(decodeFailure(slot)).toBe(RECEIVER_FAILED);
  });
});
