import { describe, expect, it } from 'vitest';
import {
  CtrlIfError,
  createCodec,
  decode,
  defineMessage,
  encode,
  ID_NO_ANSWER,
  SEED_MESSAGES,
  seedCodec,
  slotId,
  slotLength,
  u8,
} from '../../lib/wire/index.ts';

const slotOf = (...bytes: number[]) => Uint8Array.from([...bytes, ...new Array(64).fill(0)].slice(0, 64));

describe('a codec', () => {
  it('makes the 64 bytes itself, with the id for no answer, unless given others', () => {
    const slot = encode({ name: 'SHUTDOWN_POWEROFF' });
    expect(slot).toEqual(slotOf(6, 0, ID_NO_ANSWER));
    expect(slot).not.toBe(encode({ name: 'SHUTDOWN_POWEROFF' }));
  });

  it('decodes unknown types and subtypes to their bytes, and encodes them back', () => {
    for (const [type, subtype] of [
      [200, 1],
      [1, 6],
      [5, 0],
      [0, 1],
      [255, 255],
    ] as const) {
      const slot = slotOf(type, subtype, 7, 3, 0xaa, 0xbb, 0xcc);
      const message = decode(slot);
      expect(message).toEqual({ name: 'UNKNOWN', type, subtype, data: Uint8Array.of(0xaa, 0xbb, 0xcc) });
      expect(encode(message, 7)).toEqual(slot);
      expect(seedCodec.definitionOf(type, subtype)).toBeUndefined();
    }
  });

  it('copies decoded bytes to memory of their own', () => {
    const slot = slotOf(0, 0, 0, 2, 1, 2);
    const message = decode(slot);
    slot.fill(0xff);
    expect(message).toEqual({ name: 'CONSOLE_DATA', data: Uint8Array.of(1, 2) });
  });

  it('ignores bytes in the padding, and after the length', () => {
    const slot = slotOf(1, 0, 0, 12, 1, 0, 0xff, 0xff, 2, 0, 0, 0, 3, 0, 0, 0, 0xff, 0xff);
    expect(decode(slot)).toEqual({ name: 'BLKIF_BE_CREATE', domid: 1, blkifHandle: 2, status: 3 });
  });

  it('reads and writes any of several buffers in turn, a shared one and a Buffer among them', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(200), 3, 150);
    const buffers = [new Uint8Array(64), shared, Buffer.alloc(100), new Uint8Array(64)];
    for (const [i, buffer] of [...buffers, ...buffers].entries()) {
      encode({ name: 'BLKIF_FE_INTERFACE_DISCONNECT', handle: i }, i, buffer);
      expect(slotId(buffer)).toBe(i);
    }
    for (const [i, buffer] of buffers.entries())
      expect(decode(buffer)).toEqual({ name: 'BLKIF_FE_INTERFACE_DISCONNECT', handle: i + 4 });
    const path = 'caf\u{e9} \u{20ac} \u{1f600}';
    expect(decode(encode({ name: 'USBIF_BE_RELEASE_PORT', path }, 0, shared))).toEqual({
      name: 'USBIF_BE_RELEASE_PORT',
      path,
    });
  });

  it('refuses a transferred buffer', () => {
    const slot = slotOf(6, 0, 0);
    expect(decode(slot)).toEqual({ name: 'SHUTDOWN_POWEROFF' });
    structuredClone(slot.buffer, { transfer: [slot.buffer] });
    expect(() => decode(slot)).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_SHORT_BUFFER' }));
    expect(() => encode({ name: 'SHUTDOWN_POWEROFF' }, 1, slot)).toThrow(CtrlIfError);
  });

  it('finds definitions by name, and by type and subtype', () => {
    const tick = defineMessage({ name: 'TICK', type: 11, subtype: 3 });
    const codec = createCodec([tick]);
    expect(codec.definitions).toEqual([...SEED_MESSAGES, tick]);
    expect(codec.definition('TICK')).toBe(tick);
    expect(codec.definition('UNKNOWN').name).toBe('UNKNOWN');
    expect(codec.definitionOf(11, 3)).toBe(tick);
    for (const definition of SEED_MESSAGES) {
      expect(codec.definition(definition.name)).toBe(definition);
      expect(codec.definitionOf(definition.type, definition.subtype)).toBe(definition);
    }
    expect(codec.definitionOf(11, 0)).toBeUndefined();
    expect(codec.definitionOf(256, 0)).toBeUndefined();
  });

  it('has only the definitions that it was given', () => {
    const one = createCodec([defineMessage({ name: 'ONE', type: 11, payload: { value: u8 } })]);
    const other = createCodec([defineMessage({ name: 'OTHER', type: 11 })]);
    const slot = one.encode({ name: 'ONE', value: 5 });
    expect(one.decode(slot)).toEqual({ name: 'ONE', value: 5 });
    expect(decode(slot)).toEqual({ name: 'UNKNOWN', type: 11, subtype: 0, data: Uint8Array.of(5) });
    expect(() => other.decode(slot)).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_LENGTH', expected: '0' }));
  });

  it('refuses two definitions of one name, or of one type and subtype', () => {
    const tick = defineMessage({ name: 'TICK', type: 11 });
    const thrown = (definitions: Parameters<typeof createCodec>[0]) => {
      try {
        createCodec(definitions);
      } catch (error) {
        return { ...(error as CtrlIfError) };
      }
      throw new Error('it did not throw');
    };
    expect(thrown([tick, defineMessage({ name: 'TICK', type: 12 })])).toEqual({
      code: 'ERR_CTRL_IF_DEFINITION',
      field: 'name',
      expected: 'defined once',
      received: 'TICK',
    });
    expect(thrown([tick, defineMessage({ name: 'TOCK', type: 11 })])).toEqual({
      code: 'ERR_CTRL_IF_DEFINITION',
      field: 'TOCK: type and subtype',
      expected: "other than TICK's",
      received: '11, 0',
    });
  });

  it('works as separate functions, and answers with the request rewritten', () => {
    const { encode, decode } = createCodec();
    const request = decode(encode({ name: 'MEM_REQUEST_SET', target: 65536 }, 4));
    if (request.name !== 'MEM_REQUEST_SET') throw new Error('it is another message');
    const response = encode({ ...request, status: 1 }, 4);
    expect(decode(response)).toEqual({ name: 'MEM_REQUEST_SET', target: 65536, status: 1 });
    expect(slotLength(response)).toBe(8);
  });
});
