import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HANDSHAKE } from '../../lib/domain/handshake.ts';
import { QUESTIONS } from '../../lib/domain/questions.ts';
import { integer, Mismatch, object, oneOf, optional, type Shape, text, variants } from '../../lib/domain/shape.ts';

const mismatch = (shape: Shape<unknown>, value: unknown): string => {
  try {
    shape.read(value);
  } catch (error) {
    expect(error).toBeInstanceOf(Mismatch);
    return (error as Mismatch).message;
  }
  return 'none';
};

describe('a shape', () => {
  const all: Shape<unknown>[] = [
    ...Object.values(HANDSHAKE).map(({ line }) => line),
    ...Object.values(QUESTIONS).flatMap(({ question, answer }) => [question, answer]),
  ];

  it('of any line reads any JSON, or says what is wrong with it in a short sentence', () => {
    const fields = fc.constantFrom(
      'remote',
      'port',
      'state',
      'presence',
      'peer',
      'domid',
      'ready',
      'announce',
      'class',
    );
    const value = fc.oneof(fc.jsonValue(), fc.dictionary(fields, fc.jsonValue()));
    fc.assert(
      fc.property(value, (value) => {
        for (const shape of all) expect(mismatch(shape, value).length).toBeLessThan(500);
      }),
    );
  });

  it('of an integer takes its bounds and nothing beyond them', () => {
    const shape = integer(2, 5);
    expect([2, 5].map((value) => shape.read(value))).toEqual([2, 5]);
    for (const value of [1, 6, 2.5, '2', 2n, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(mismatch(shape, value)).toBe(`it is ${typeof value === 'string' ? '"2"' : value}; expected integer 2..5`);
    }
  });

  it('of a text counts the bytes that it takes in JSON', () => {
    const shape = text(6);
    for (const value of ['', 'abcdef', '€€', '\x00', '"""', '\ud800']) expect(shape.read(value)).toBe(value);
    for (const value of ['abcdefg', '€€€', '\x00a', '""""', '\ud800a']) {
      expect(mismatch(shape, value)).toMatch(/expected text of at most 6 bytes$/);
    }
  });

  it('of an object names the field, at whatever depth', () => {
    const shape = object({ outer: object({ inner: oneOf('a', 'b') }), maybe: optional(integer(0, 1)) });
    expect(shape.read({ outer: { inner: 'a' } })).toEqual({ outer: { inner: 'a' } });
    expect(mismatch(shape, { outer: { inner: 'c' } })).toBe('outer.inner is "c"; expected "a" or "b"');
    expect(mismatch(shape, { outer: {} })).toBe('outer.inner is missing; expected "a" or "b"');
    expect(mismatch(shape, { outer: { inner: 'a', more: 1 } })).toBe(
      'outer."more" is 1; expected inner and nothing else',
    );
    expect(mismatch(shape, { outer: { inner: 'a' }, maybe: null })).toBe('maybe is null; expected integer 0..1');
    expect(mismatch(shape, JSON.parse('{"outer":{"inner":"a"},"__proto__":{"maybe":1}}'))).toMatch(/__proto__/);
  });

  it('of an object reads own fields alone', () => {
    expect(mismatch(object({ toString: oneOf('x') }), {})).toMatch(/^toString is missing/);
    const inherited = Object.create({ value: 1 });
    expect(object({ value: optional(integer(0, 1)) }).read(inherited)).toEqual({});
  });

  it('of variants goes by the tag', () => {
    const shape = variants('kind', { none: {}, some: { count: integer(1, 9) } });
    expect(shape.read({ kind: 'some', count: 3 })).toEqual({ kind: 'some', count: 3 });
    expect(mismatch(shape, { kind: 'none', count: 3 })).toMatch(/^"count" is 3; expected kind and nothing else/);
    for (const kind of ['other', 'toString', 5, undefined]) {
      expect(mismatch(shape, { kind })).toMatch(/^kind is .*expected "none" or "some"$/);
    }
  });
});
