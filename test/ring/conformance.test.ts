import { describe, expect, it } from 'vitest';
import { CtrlIfError } from '../../lib/errors.ts';
import { SabPage } from '../../lib/page/sab-page.ts';
import { BackRing, FrontRing, MAX_SLOTS_WITHOUT_ATOMICS, type RingGeometry, ringBytes } from '../../lib/ring/index.ts';
import { enginePairs, namedEngines } from '../support/engines.ts';
import { expectError } from '../support/expect-error.ts';
import { type Pages, usePages } from '../support/pages.ts';
import { controlRing } from './conformance/control-ring.ts';
import { engineItself } from './conformance/engine-itself.ts';
import { everyRing } from './conformance/every-ring.ts';
import { tornIndex } from './conformance/torn-index.ts';

const pages: Pages = usePages();

describe.each(enginePairs)('a ring, front by %s and back by %s', (front, back) => {
  const engines = { pages, front, back };
  everyRing(engines);
  controlRing(engines);
  engineItself(engines);
  tornIndex(engines);
});

describe('ring geometry', () => {
  const geometry: RingGeometry = { offset: 0, entryBytes: 64, slots: 8 };
  const refused: [string, Partial<RingGeometry>][] = [
    ['slots', { slots: 0 }],
    ['slots', { slots: 3 }],
    ['slots', { slots: -8 }],
    ['slots', { slots: 2.5 }],
    ['slots', { slots: 131_072 }],
    ['slots', { slots: Number.NaN }],
    ['entryBytes', { entryBytes: 0 }],
    ['entryBytes', { entryBytes: 62 }],
    ['entryBytes', { entryBytes: 65_540 }],
    ['entryBytes', { entryBytes: Number.POSITIVE_INFINITY }],
    ['offset', { offset: -4 }],
    ['offset', { offset: 2 }],
    ['offset', { offset: 4096 - 520 + 4 }],
    ['offset', { entryBytes: 1024 }],
  ];

  it.each(refused)('refuses %s of %o', (field, wrong) => {
    for (const page of [new SabPage(new SharedArrayBuffer(4096)), ...namedEngines.map((e) => pages.create(4096, e))]) {
      for (const Half of [FrontRing, BackRing]) {
        const open = () => new Half(page, { ...geometry, ...wrong });
        const error = expectErrorOfGeometry(open);
        expect(error.field).toBe(field);
        expect(error.message).toContain(field);
        expect(error.message).toContain(error.expected);
        expect(error.received).toBe({ ...geometry, ...wrong }[field as keyof RingGeometry]);
      }
      // The last byte of the page is the last of a ring.
      expect(new FrontRing(page, { ...geometry, offset: 4096 - 520 }).room).toBe(8);
    }
  });

  it('without atomics, allows at most the slots with which a half-written index is safe', () => {
    const wide = { offset: 0, entryBytes: 4, slots: 2 * MAX_SLOTS_WITHOUT_ATOMICS };
    const file = pages.create(ringBytes(wide), 'file');
    expectError('ERR_CTRL_IF_RING_GEOMETRY', 'at most 128 with the file engine', () => new FrontRing(file, wide));
    expectError('ERR_CTRL_IF_RING_GEOMETRY', 'at most 128 with the file engine', () => new BackRing(file, wide));
    expect(new FrontRing(file, { ...wide, slots: MAX_SLOTS_WITHOUT_ATOMICS }).room).toBe(128);
    expect(new FrontRing(new SabPage(new SharedArrayBuffer(ringBytes(wide))), wide).room).toBe(256);
  });

  it.each(enginePairs.filter(([front, back]) => front === back && front !== 'file'))(
    'goes up to 65,536 slots, and to entries of 65,536 bytes, with %s and %s',
    (engine) => {
      const most = { offset: 0, entryBytes: 4, slots: 65_536 };
      const large = { offset: ringBytes(most), entryBytes: 65_536, slots: 2 };
      const { front, back } = pages.shared(ringBytes(most) + ringBytes(large), engine, engine);
      const f = new FrontRing(front, most);
      const b = new BackRing(back, most);
      const word = Buffer.alloc(4);
      for (let n = 0; n < 65_536; n++) {
        word.writeUInt32LE(n);
        if (!f.push(word)) expect.fail(`no room for entry ${n}`);
      }
      expect(f.push(word)).toBe(false);
      expect(f.flush()).toBe(65_536);
      let next = 0;
      b.popMany((request) => {
        if (request[0] !== (next & 0xff) || request[1] !== next >> 8) expect.fail(`entry ${next} is ${request}`);
        next++;
      });
      expect(next).toBe(65_536);

      const wideFront = new FrontRing(front, large);
      wideFront.push(Buffer.alloc(65_536, 0xee));
      wideFront.flush();
      expect(Buffer.alloc(65_536, 0xee).equals(new BackRing(back, large).pop()!)).toBe(true);
    },
  );

  it('is 520 bytes for the control ring', () => {
    expect(ringBytes({ entryBytes: 64, slots: 8 })).toBe(520);
  });
});

function expectErrorOfGeometry(open: () => unknown): CtrlIfError {
  try {
    open();
  } catch (failure) {
    expect(failure).toBeInstanceOf(CtrlIfError);
    expect((failure as CtrlIfError).code).toBe('ERR_CTRL_IF_RING_GEOMETRY');
    return failure as CtrlIfError;
  }
  expect.fail('it was accepted');
}
