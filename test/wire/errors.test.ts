import { describe, expect, it } from 'vitest';
import {
  CtrlIfError,
  createCodec,
  decode,
  defineMessage,
  encode,
  encodeNotUnderstood,
  type MessageInput,
  seedCodec,
  slotId,
  slotLength,
  slotSubtype,
  slotType,
  tail,
  u32,
} from '../../lib/wire/index.ts';

function thrownBy(action: () => unknown): CtrlIfError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CtrlIfError);
    return error as CtrlIfError;
  }
  throw new Error('it did not throw');
}

const input = (message: unknown) => message as MessageInput;
const slotOf = (...bytes: number[]) => Uint8Array.from([...bytes, ...new Array(64).fill(0)].slice(0, 64));

const create = { name: 'BLKIF_BE_CREATE', domid: 1, blkifHandle: 2, status: 0 };
const connect = { name: 'BLKIF_FE_INTERFACE_CONNECT', handle: 0, shmemFrame: 0n };
const netCreate = {
  name: 'NETIF_BE_CREATE',
  domid: 1,
  netifHandle: 0,
  mac: 'aa:bb:cc:dd:ee:ff',
  beMac: 'AA:BB:CC:DD:EE:FF',
};
const claim = { name: 'USBIF_BE_CLAIM_PORT', domid: 1, usbifPort: 1, path: '1-1' };
const console = { name: 'CONSOLE_DATA', data: new Uint8Array(0) };
const sysrq = { name: 'SHUTDOWN_SYSRQ', key: 'h' };

const U16 = 'an integer from 0 to 65535';
const U32 = 'an integer from 0 to 4294967295';
const U64 = 'a bigint from 0n to 18446744073709551615n';
const MAC = 'a MAC address such as "aa:bb:cc:dd:ee:ff"';
const PATH = 'a string of at most 15 bytes in UTF-8, without NUL';
const DATA = 'a Uint8Array of 0 to 60 bytes';
const CHAR = 'a string of one character from U+0000 to U+00FF';

describe('encode refuses a value, and names field, offset, expected and received value', () => {
  it.each([
    [create, 'domid', 4, U16, [-1, 65536, 1.5, Number.NaN, '1', 1n, null, undefined, true, {}]],
    [create, 'blkifHandle', 8, U32, [-1, 2 ** 32, Number.POSITIVE_INFINITY, undefined]],
    [create, 'status', 12, U32, [-1, 2 ** 32, null]],
    [connect, 'shmemFrame', 12, U64, [-1n, 2n ** 64n, 0, '0x1', undefined]],
    [
      netCreate,
      'mac',
      12,
      MAC,
      [
        '',
        'aa:bb:cc:dd:ee',
        'aa:bb:cc:dd:ee:ff:00',
        'aa-bb-cc-dd-ee-ff',
        'ga:bb:cc:dd:ee:ff',
        'aa:bb:cc:dd:ee:f:',
        'aabb:cc:dd:ee:ffx',
        5,
        undefined,
      ],
    ],
    [netCreate, 'beMac', 20, MAC, ['aa:bb:cc:dd:ee:f']],
    [
      claim,
      'path',
      14,
      PATH,
      [
        'x'.repeat(17),
        `${'x'.repeat(15)}\u{e9}`,
        '\u{20ac}'.repeat(6),
        'a\0b',
        '\0',
        '\ud83d',
        'ab\ude00',
        7,
        undefined,
      ],
    ],
    [console, 'data', 4, DATA, [new Uint8Array(61), [1, 2], 'text', new Uint16Array(2), new ArrayBuffer(2), undefined]],
    [sysrq, 'key', 4, CHAR, ['', 'ab', '\u{100}', '\u{20ac}', 104, undefined]],
    [
      { name: 'UNKNOWN', type: 200, subtype: 0, data: new Uint8Array(0) },
      'type',
      0,
      'an integer from 0 to 255',
      [256, -1],
    ],
    [
      { name: 'UNKNOWN', type: 200, subtype: 0, data: new Uint8Array(0) },
      'subtype',
      1,
      'an integer from 0 to 255',
      [256],
    ],
    [{ name: 'UNKNOWN', type: 200, subtype: 0, data: new Uint8Array(0) }, 'data', 4, DATA, [new Uint8Array(61)]],
  ])('%o %s', (message, field, offset, expected, values) => {
    expect(() => encode(input(message))).not.toThrow();
    for (const received of values) {
      const error = thrownBy(() => encode(input({ ...message, [field]: received })));
      expect({ ...error }).toEqual({ code: 'ERR_CTRL_IF_VALUE', field, offset, expected, received });
      expect(error.message).toContain(
        `${message.name}: ${field} (byte ${offset} of the slot) must be ${expected}, but `,
      );
    }
  });

  it('names the first bad field in the order of the struct', () => {
    expect(thrownBy(() => encode(input({ name: 'BLKIF_BE_CREATE', status: -1, blkifHandle: -1 }))).field).toBe('domid');
  });

  it('shows the received value without running its code', () => {
    const hostile = {
      toString() {
        throw new Error('ran');
      },
    };
    const sentence = (domid: unknown) => thrownBy(() => encode(input({ ...create, domid }))).message;
    expect(sentence(hostile)).toMatch(/but got an object$/);
    expect(sentence([])).toMatch(/but got an array$/);
    expect(sentence(null)).toMatch(/but got null$/);
    expect(sentence(5n)).toMatch(/but got 5n$/);
    expect(sentence(Symbol('s'))).toMatch(/but got a symbol$/);
    expect(sentence(new Uint8Array(3))).toMatch(/but got a Uint8Array of 3 bytes$/);
    expect(sentence(undefined)).toMatch(/but it is missing$/);
    expect(sentence('y'.repeat(99))).toContain(`but got "${'y'.repeat(64)}..."`);
  });

  it.each([256, -1, 1.5, '1', null, Number.NaN])('an id of %o', (id) => {
    const error = thrownBy(() => encode(input(create), id as number));
    const expected = 'an integer from 0 to 255';
    expect({ ...error }).toEqual({ code: 'ERR_CTRL_IF_VALUE', field: 'id', offset: 2, expected, received: id });
  });

  it.each([null, undefined, 5, 'CONSOLE_DATA'])('a message that is %o', (message) => {
    const error = thrownBy(() => encode(input(message)));
    expect({ ...error }).toMatchObject({ code: 'ERR_CTRL_IF_VALUE', field: 'message', received: message });
  });
});

describe('encode refuses', () => {
  it.each(['NOPE', undefined, 'CMSG_CONSOLE_DATA', 'toString', '__proto__'])('the name %o', (name) => {
    for (const action of [() => encode(input({ name })), () => seedCodec.definition(name as 'UNKNOWN')]) {
      const error = thrownBy(action);
      expect({ ...error }).toMatchObject({ code: 'ERR_CTRL_IF_UNKNOWN_MESSAGE', field: 'name', received: name });
      expect(error.expected).toContain('42 messages');
    }
  });

  it("the user's message that this codec was not given", () => {
    const tick = defineMessage({ name: 'TICK', type: 11 });
    expect(() => createCodec([tick]).encode({ name: 'TICK' })).not.toThrow();
    expect(thrownBy(() => encode(input({ name: 'TICK' }))).code).toBe('ERR_CTRL_IF_UNKNOWN_MESSAGE');
  });

  it.each([
    [63, 0, 63],
    [64, 1, 63],
    [10, 20, 0],
  ])('a target of %i bytes from byte %i on', (size, offset, available) => {
    const expected = 'at least 64 bytes';
    for (const action of [
      () => encode(input(create), 1, new Uint8Array(size), offset),
      () => encodeNotUnderstood(1, 0, 1, new Uint8Array(size), offset),
    ])
      expect({ ...thrownBy(action) }).toEqual({
        code: 'ERR_CTRL_IF_SHORT_BUFFER',
        advice: 'pass a whole slot, 64 bytes',
        field: 'target',
        offset: available,
        expected,
        received: available,
      });
  });

  it.each([-1, 1.5, Number.NaN, '0', 2 ** 32])('an offset of %o, as decode does', (offset) => {
    const buffer = new Uint8Array(128);
    for (const action of [
      () => encode(input(create), 1, buffer, offset as number),
      () => decode(buffer, offset as number),
    ])
      expect({ ...thrownBy(action) }).toMatchObject({ code: 'ERR_CTRL_IF_VALUE', field: 'offset', received: offset });
  });

  it.each([new ArrayBuffer(64), new Array(64), new DataView(new ArrayBuffer(64)), null])(
    'a buffer that is no Uint8Array (%o), as decode does',
    (buffer) => {
      for (const [action, field] of [
        [() => encode(input(create), 1, buffer as unknown as Uint8Array), 'target'],
        [() => decode(buffer as unknown as Uint8Array), 'slot'],
      ] as const)
        expect({ ...thrownBy(action) }).toEqual({
          code: 'ERR_CTRL_IF_VALUE',
          field,
          expected: 'a Uint8Array',
          received: buffer,
        });
    },
  );
});

describe('decode refuses', () => {
  it.each([
    ['BLKIF_BE_CREATE', [1, 0, 7], '12, the size of blkif_be_create_t', [0, 11, 13, 60, 61, 255]],
    ['SHUTDOWN_POWEROFF', [6, 0, 7], '0', [1, 60, 61]],
    ['USBIF_FE_INTERFACE_DISCONNECT', [9, 34, 7], '0, the size of usbif_fe_interface_disconnect_t', [4, 255]],
    ['USBIF_BE_CONNECT', [8, 2, 7], '24, the size of usbif_be_connect_t', [28]],
    ['CONSOLE_DATA', [0, 0, 7], 'at most 60', [61, 255]],
    ['UNKNOWN', [200, 1, 7], 'at most 60', [61, 255]],
  ] as const)('%s of another length', (name, header, expected, lengths) => {
    for (const received of lengths) {
      const error = thrownBy(() => decode(slotOf(...header, received)));
      expect({ ...error }).toEqual({
        code: 'ERR_CTRL_IF_LENGTH',
        advice: 'have both sides define this message alike',
        field: 'length',
        offset: 3,
        expected,
        received,
      });
      expect(error.message).toContain(`${name}: length (byte 3 of the slot) must be ${expected}, but got ${received}`);
    }
  });

  it('a length outside the sizes of a struct with a tail', () => {
    const chunk = defineMessage({ name: 'CHUNK', type: 12, payload: { sequence: u32, data: tail(8) } });
    const codec = createCodec([chunk]);
    expect(codec.decode(slotOf(12, 0, 0, 4))).toEqual({ name: 'CHUNK', sequence: 0, data: new Uint8Array(0) });
    expect(codec.decode(slotOf(12, 0, 0, 12))).toEqual({ name: 'CHUNK', sequence: 0, data: new Uint8Array(8) });
    for (const received of [3, 13])
      expect({ ...thrownBy(() => codec.decode(slotOf(12, 0, 0, received))) }).toMatchObject({
        code: 'ERR_CTRL_IF_LENGTH',
        expected: 'from 4 to 12',
        received,
      });
  });

  it.each([0, 1, 3])('a slot of %i bytes, without a whole header', (available) => {
    const slot = slotOf(1, 0, 7, 12).subarray(0, available);
    for (const action of [decode, slotType, slotSubtype, slotId, slotLength])
      expect({ ...thrownBy(() => action(slot)) }).toEqual({
        code: 'ERR_CTRL_IF_SHORT_BUFFER',
        advice: 'pass a whole slot, 64 bytes',
        field: 'slot',
        offset: available,
        expected: 'at least 4 bytes',
        received: available,
      });
  });

  it('a slot that ends before its length', () => {
    const slot = slotOf(1, 0, 7, 12);
    expect(decode(slot.subarray(0, 16))).toEqual({ name: 'BLKIF_BE_CREATE', domid: 0, blkifHandle: 0, status: 0 });
    for (const [end, offset] of [
      [15, 0],
      [4, 0],
    ] as const)
      expect({ ...thrownBy(() => decode(slot.subarray(0, end), offset)) }).toEqual({
        code: 'ERR_CTRL_IF_SHORT_BUFFER',
        advice: 'pass a whole slot, 64 bytes',
        field: 'slot',
        offset: end,
        expected: 'at least 16 bytes',
        received: end,
      });
  });

  it('a path that is not UTF-8, with the received bytes', () => {
    const slot = slotOf(8, 5, 7, 16, 0x31, 0xff, 0x2d);
    const error = thrownBy(() => decode(slot));
    expect({ ...error }).toMatchObject({ code: 'ERR_CTRL_IF_VALUE', field: 'path', offset: 4, expected: PATH });
    expect(error.received).toEqual(slot.slice(4, 20));
    // Bytes after the first NUL do not matter.
    expect(decode(slotOf(8, 5, 7, 16, 0x31, 0, 0xff))).toEqual({ name: 'USBIF_BE_RELEASE_PORT', path: '1' });
  });
});

describe('not understood', () => {
  it('has type, subtype and id of the request and nothing else', () => {
    const target = new Uint8Array(70).fill(0xee);
    expect(encodeNotUnderstood(8, 5, 9, target, 3)).toBe(target);
    expect([...target]).toEqual([0xee, 0xee, 0xee, 8, 5, 9, 0, ...new Array(60).fill(0), 0xee, 0xee, 0xee]);
    expect(encodeNotUnderstood(200, 1, 2)).toEqual(slotOf(200, 1, 2));
  });

  it.each([
    ['type', 0, 256, 0, 0],
    ['subtype', 1, 0, -1, 0],
    ['id', 2, 0, 0, 1.5],
  ] as const)('needs a byte for %s', (field, offset, type, subtype, id) => {
    const target = new Uint8Array(64).fill(0xee);
    expect({ ...thrownBy(() => encodeNotUnderstood(type, subtype, id, target)) }).toEqual({
      code: 'ERR_CTRL_IF_VALUE',
      field,
      offset,
      expected: 'an integer from 0 to 255',
      received: [type, subtype, id][offset],
    });
    expect(target).toEqual(new Uint8Array(64).fill(0xee));
  });
});
