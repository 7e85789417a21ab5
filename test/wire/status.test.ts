import { describe, expect, it } from 'vitest';
import * as wire from '../../lib/wire/index.ts';
import { layout } from './conformance.ts';

const { BLKIF_BE_STATUS_ERRORS, NETIF_BE_STATUS_ERRORS, USBIF_BE_STATUS_ERRORS, describeBeStatus } = wire;

const families = [
  { prefix: 'BLKIF_BE_STATUS_', type: wire.CMSG_BLKIF_BE, sentences: BLKIF_BE_STATUS_ERRORS, count: 10 },
  { prefix: 'NETIF_BE_STATUS_', type: wire.CMSG_NETIF_BE, sentences: NETIF_BE_STATUS_ERRORS, count: 7 },
  { prefix: 'USBIF_BE_STATUS_', type: wire.CMSG_USBIF_BE, sentences: USBIF_BE_STATUS_ERRORS, count: 7 },
];

describe('backend status', () => {
  it.each(families)(
    '$prefix: a sentence for each code, found by type and code',
    ({ prefix, type, sentences, count }) => {
      const codes = Object.entries(layout.constants).filter(([name]) => name.startsWith(prefix));
      expect(codes).toHaveLength(count);
      expect(Object.keys(sentences).map(Number)).toEqual(codes.map(([, code]) => code));
      for (const [name, code] of codes) expect(describeBeStatus(type, code)).toEqual({ name, text: sentences[code] });
      expect(describeBeStatus(type, 10)).toBeUndefined();
    },
  );

  it('finds the sentences of 7 and 9, which are misplaced in the USB table of the header', () => {
    expect(USBIF_BE_STATUS_ERRORS[7]).toBe('Out of memory');
    expect(USBIF_BE_STATUS_ERRORS[9]).toBe('Could not map domain memory');
    expect(USBIF_BE_STATUS_ERRORS[5]).toBeUndefined();
    expect(BLKIF_BE_STATUS_ERRORS[8]).toBe('Extent not found for VBD');
    expect(NETIF_BE_STATUS_ERRORS[6]).toBe('Could not map domain memory');
  });

  it('has no status for other types', () => {
    expect(describeBeStatus(wire.CMSG_BLKIF_FE, 1)).toBeUndefined();
  });
});
