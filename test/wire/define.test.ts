import { describe, expect, it } from 'vitest';
import {
  bytes,
  type CtrlIfError,
  console_data,
  createCodec,
  defineMessage,
  FIRST_USER_TYPE,
  f64,
  out,
  pad,
  SEED_MESSAGES,
  struct,
  tail,
  u8,
  u32,
} from '../../lib/wire/index.ts';

function thrownBy(action: () => unknown): object {
  try {
    action();
  } catch (error) {
    return { ...(error as CtrlIfError) };
  }
  throw new Error('it did not throw');
}

const define = (options: object) => () => defineMessage({ name: 'TICK', type: 11, ...options } as never);

describe('defineMessage', () => {
  it('has defaults for the other options', () => {
    expect(defineMessage({ name: 'PING', type: 11 })).toMatchObject({
      name: 'PING',
      type: 11,
      subtype: 0,
      direction: 'both',
      struct: { cName: null, size: 0, maxSize: 0 },
      response: { kind: 'ack' },
      deferred: false,
    });
    const tick = defineMessage({ name: 'TICK', type: FIRST_USER_TYPE, payload: { sentAt: f64, heardAt: out(f64) } });
    expect(tick).toMatchObject({ struct: { cName: 'tick_t', size: 16 }, response: { kind: 'fill' } });
    expect(Object.isFrozen(tick)).toBe(true);
  });

  it('accepts all definitions of the table of messages', () => {
    const schema = struct('order_t', { quantity: u32, status: out(u32) });
    const response = { kind: 'status', field: 'status', okay: 0, error: 1 } as const;
    const options = {
      name: 'ORDER',
      type: 255,
      subtype: 255,
      direction: 'toController',
      response,
      deferred: true,
    } as const;
    const order = defineMessage({ ...options, payload: schema });
    expect(order).toEqual({ ...options, struct: schema });
  });

  it('accepts raw bytes, as in the console', () => {
    const codec = createCodec([
      defineMessage({ name: 'RAW', type: 20, payload: { data: tail() } }),
      defineMessage({ name: 'RAW_TOO', type: 21, payload: console_data }),
    ]);
    for (const name of ['RAW', 'RAW_TOO'] as const) {
      const message = { name, data: Uint8Array.of(1, 2, 3) };
      expect(codec.decode(codec.encode(message))).toEqual(message);
    }
  });

  it.each([
    ['name', ['', '1A', 'a b', 'A-B', '\u{e9}'], 'a letter, then letters, digits and _'],
    ['name', [...SEED_MESSAGES.map(({ name }) => name), 'UNKNOWN'], "other than UNKNOWN and the header's 42 names"],
    ['type', [0, 10, 256, 11.5, '11', undefined], "an integer from 11 to 255 (0 to 10 are the header's)"],
    ['subtype', [-1, 256, 0.5, '0'], 'an integer from 0 to 255'],
    ['direction', ['up', null], 'toGuest, toController, both'],
  ])('refuses a wrong %s', (field, values, expected) => {
    for (const received of values)
      expect(thrownBy(define({ [field]: received }))).toEqual({
        code: 'ERR_CTRL_IF_DEFINITION',
        field,
        expected,
        received,
      });
  });

  it('refuses a status that is not an OUT field', () => {
    const response = (field: string) => ({ kind: 'status', field, okay: 0, error: 1 });
    expect(thrownBy(define({ response: response('status') }))).toEqual({
      code: 'ERR_CTRL_IF_DEFINITION',
      field: 'response.field',
      expected: 'an OUT field (there is none)',
      received: 'status',
    });
    expect(thrownBy(define({ payload: { a: u8, b: out(u8) }, response: response('a') }))).toMatchObject({
      expected: 'an OUT field (b)',
      received: 'a',
    });
    expect(define({ payload: { a: u8, b: out(u8) }, response: response('b') })).not.toThrow();
  });

  it('refuses more than 60 bytes, and accepts 60', () => {
    for (const payload of [{ a: bytes(61) }, { a: u8, b: tail(60) }, { a: bytes(58), __pad: pad(3) }])
      expect(thrownBy(define({ payload }))).toEqual({
        code: 'ERR_CTRL_IF_DEFINITION',
        field: 'size',
        expected: 'at most 60 bytes',
        received: 61,
      });
    for (const payload of [{ a: bytes(60) }, { a: u8, b: tail(59) }]) expect(define({ payload })).not.toThrow();
  });

  it.each(['A', 'snake_case', '__pad', '1', '', 'a-b', '__proto__x'])('refuses the field name %o', (name) => {
    expect(thrownBy(define({ payload: { [name]: u8 } }))).toMatchObject({
      code: 'ERR_CTRL_IF_DEFINITION',
      field: 'field name',
      received: name,
    });
  });

  it.each(['padding', '_pad', '__padding'])('refuses padding called %o', (name) => {
    expect(thrownBy(define({ payload: { [name]: pad(2) } }))).toMatchObject({ field: 'field name', received: name });
  });

  it.each(['name', 'id'])('refuses a field called %s, which every message has', (name) => {
    expect(thrownBy(define({ payload: { [name]: u8 } }))).toMatchObject({
      code: 'ERR_CTRL_IF_DEFINITION',
      field: 'field name',
      received: name,
    });
  });

  it('refuses a field after a tail', () => {
    expect(thrownBy(() => struct('s', { a: tail(4), b: u8 }))).toEqual({
      code: 'ERR_CTRL_IF_DEFINITION',
      field: 'tail()',
      expected: 'the last field',
      received: 'b',
    });
  });
});
