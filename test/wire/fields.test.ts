import { describe, expect, it } from 'vitest';
import {
  alias,
  bytes,
  char,
  createCodec,
  cString,
  defineMessage,
  type Field,
  f64,
  i32,
  i64,
  mac,
  memory,
  pad,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../../lib/wire/index.ts';

/** The bytes of a value between two guards, and the value that they read as. */
function through<T>(field: Field<T>, value: T): { bytes: number[]; value: T | undefined } {
  expect(field.accepts(value)).toBe(true);
  const view = new DataView(new ArrayBuffer(field.size + 2));
  for (let i = 0; i < view.byteLength; i++) view.setUint8(i, 0xee);
  field.write(view, 1, value);
  const all = [...new Uint8Array(view.buffer)];
  expect([all[0], all.at(-1)]).toEqual([0xee, 0xee]);
  return { bytes: all.slice(1, -1), value: field.read(view, 1, 1 + field.size) };
}

describe('field types are little-endian', () => {
  it.each([
    [u8, 0xfe, [0xfe]],
    [u16, 0x1234, [0x34, 0x12]],
    [u32, 0xfedcba98, [0x98, 0xba, 0xdc, 0xfe]],
    [i32, -2, [0xfe, 0xff, 0xff, 0xff]],
    [f64, 1, [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]],
  ] as const)('%o', (field, value, expected) => {
    expect(through(field, value)).toEqual({ bytes: expected, value });
  });

  it.each([
    [u64, 0x0102030405060708n, [8, 7, 6, 5, 4, 3, 2, 1]],
    [memory, 0x1234n, [0x34, 0x12, 0, 0, 0, 0, 0, 0]],
    [i64, -2n, [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ] as const)('%o', (field, value, expected) => {
    expect(through(field, value)).toEqual({ bytes: expected, value });
  });

  it('with the bounds of their size', () => {
    for (const [field, min, max] of [
      [u8, 0, 255],
      [u16, 0, 65535],
      [u32, 0, 4294967295],
      [i32, -2147483648, 2147483647],
    ] as const) {
      expect([through(field, min).value, through(field, max).value]).toEqual([min, max]);
      expect([field.accepts(min - 1), field.accepts(max + 1)]).toEqual([false, false]);
    }
    for (const [field, min, max] of [
      [u64, 0n, 2n ** 64n - 1n],
      [i64, -(2n ** 63n), 2n ** 63n - 1n],
    ] as const) {
      expect([through(field, min).value, through(field, max).value]).toEqual([min, max]);
      expect([field.accepts(min - 1n), field.accepts(max + 1n)]).toEqual([false, false]);
    }
  });

  it('f64 keeps every number', () => {
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, -0, 5e-324, Number.MAX_VALUE])
      expect(Object.is(through(f64, value).value, value)).toBe(true);
    expect(f64.accepts(1n)).toBe(false);
  });
});

describe('char', () => {
  it('is any latin-1 character, NUL too', () => {
    for (const [value, byte] of [
      ['h', 0x68],
      ['\0', 0],
      ['\u{ff}', 0xff],
    ] as const)
      expect(through(char, value)).toEqual({ bytes: [byte], value });
  });
});

describe('text', () => {
  it.each([
    ['', [0, 0, 0, 0, 0, 0]],
    ['ab', [0x61, 0x62, 0, 0, 0, 0]],
    ['abcdef', [0x61, 0x62, 0x63, 0x64, 0x65, 0x66]],
    ['\u{7f}\u{80}\u{7ff}', [0x7f, 0xc2, 0x80, 0xdf, 0xbf, 0]],
    ['\u{800}\u{ffff}', [0xe0, 0xa0, 0x80, 0xef, 0xbf, 0xbf]],
    ['a\u{10000}', [0x61, 0xf0, 0x90, 0x80, 0x80, 0]],
    ['\u{10ffff}b', [0xf4, 0x8f, 0xbf, 0xbf, 0x62, 0]],
    ['\u{feff}', [0xef, 0xbb, 0xbf, 0, 0, 0]],
  ])('%o', (value, expected) => {
    expect(through(text(6), value)).toEqual({ bytes: expected, value });
  });

  it.each([[0xff], [0x61, 0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x61, 0x80, 0x62]])(
    'bytes that are not UTF-8 (%o) read as nothing',
    (...bytes) => {
      expect(text(6).read(new DataView(Uint8Array.from([...bytes, 0, 0, 0, 0, 0, 0]).buffer), 0, 6)).toBeUndefined();
    },
  );

  it('a character cut off by the end of the field is not UTF-8 either', () => {
    expect(text(2).read(new DataView(Uint8Array.of(0x61, 0xc3, 0xa9).buffer), 0, 2)).toBeUndefined();
  });
});

describe('mac, bytes, pad and alias', () => {
  it('mac is accepted in either case and returned in lower case', () => {
    expect(through(mac, '00:1a:FF:9f:A0:0e')).toEqual({
      bytes: [0, 0x1a, 0xff, 0x9f, 0xa0, 0x0e],
      value: '00:1a:ff:9f:a0:0e',
    });
    for (const wrong of [':', '/', '@', 'G', '`', 'g']) expect(mac.accepts(`0${wrong}:00:00:00:00:00`)).toBe(false);
  });

  it('bytes have exactly the declared size', () => {
    const value = Uint8Array.of(1, 2, 3);
    expect(through(bytes(3), value)).toEqual({ bytes: [1, 2, 3], value });
    expect([bytes(3).accepts(new Uint8Array(2)), bytes(3).accepts([1, 2, 3])]).toEqual([false, false]);
  });

  it('padding of each size has the C type of the header', () => {
    expect([1, 2, 3, 4].map((size) => pad(size).cType)).toEqual(['char[1]', 'u16', 'char[3]', 'u32']);
    expect(through(pad(3) as unknown as Field<undefined>, undefined)).toEqual({ bytes: [0, 0, 0], value: undefined });
  });

  it('alias changes only the name of a type', () => {
    expect({ ...alias('handle_t', u32), cType: 'u32', wireType: undefined }).toEqual(u32);
    expect(alias('port_t', alias('handle_t', u32)).wireType).toBe('u32');
  });
});

describe('a C string', () => {
  it('has a NUL within its bytes', () => {
    const field = cString(4);
    expect(through(field, 'abc')).toEqual({ bytes: [97, 98, 99, 0], value: 'abc' });
    expect(through(field, '\u00e9')).toEqual({ bytes: [0xc3, 0xa9, 0, 0], value: '\u00e9' });
    expect(field.accepts('abcd')).toBe(false);
  });

  it.each([
    ['ASCII', [97, 98, 99, 100]],
    ['UTF-8', [97, 98, 0xc3, 0xa9]],
  ])('of %s without a NUL is refused', (_, bytes) => {
    const view = new DataView(Uint8Array.from(bytes).buffer);
    expect(cString(4).read(view, 0, 4)).toBeUndefined();
    const message = defineMessage({ name: 'PATH', type: 200, payload: { path: cString(4) } });
    const { decode } = createCodec([message]);
    const slot = Uint8Array.from([200, 0, 0, 4, ...bytes, ...new Array(56).fill(0)]);
    expect(() => decode(slot)).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_VALUE', field: 'path' }));
  });
});
