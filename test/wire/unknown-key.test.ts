/** A key that a message does not have is an error that names it, however the struct is compiled. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCodecWith } from '../../lib/wire/codec.ts';
import { createCodec, defineMessage, f64, type MessageInput, out, pad, u8, u32 } from '../../lib/wire/index.ts';
import { expectError } from '../support/expect-error.ts';
import { anyMessage } from './arbitraries.ts';
import { compilers } from './compilers.ts';

const square = defineMessage({ name: 'SQUARE', type: 11, payload: { n: f64, __pad: pad(4), squared: out(f64) } });
const bare = defineMessage({ name: 'BARE', type: 12 });
type Input = MessageInput<typeof square | typeof bare>;

describe.each(compilers)('a codec that is $how', ({ compile }) => {
  const codec = createCodecWith(compile, [square, bare]);
  const refused = (message: object, names: string) =>
    expectError('ERR_CTRL_IF_VALUE', names, () => codec.encode(message as Input));

  it('names a mistyped field, the field that was meant, and nothing else', () => {
    const error = refused({ name: 'SQUARE', n: 3, sqared: 9 }, 'did you mean squared?');
    expect(error).toMatchObject({ field: 'sqared', received: 9, expected: 'one of name, n, squared' });
    expect(error.message).toMatch(/^SQUARE: there is no key "sqared"/);
  });

  it('names the unknown key before the field that is missing because of it', () => {
    expect(refused({ name: 'SQUARE', nn: 3 }, '"nn"').field).toBe('nn');
  });

  it('finds an unknown key beside an omitted OUT field, and one whose value is undefined', () => {
    expect(refused({ name: 'SQUARE', n: 3, typo: undefined }, '"typo"').field).toBe('typo');
    expect(refused({ name: 'SQUARE', n: 3, squared: undefined, typo: 1 }, '"typo"').field).toBe('typo');
  });

  it('does not accept padding as a field', () => {
    expect(refused({ name: 'SQUARE', n: 3, __pad: 0 }, '"__pad"').field).toBe('__pad');
  });

  it('says where an id belongs, which toJSON returns beside the fields', () => {
    expect(refused({ name: 'SQUARE', n: 3, id: 7 }, 'fromJSON() gives the two apart').field).toBe('id');
    const { message, id } = codec.fromJSON({ name: 'SQUARE', n: 3, id: 7 });
    expect(codec.decode(codec.encode(message, id))).toEqual({ name: 'SQUARE', n: 3, squared: 0 });
  });

  it('knows the keys of a message without a payload', () => {
    expect(refused({ name: 'BARE', n: 1 }, '"n"').field).toBe('n');
    codec.encode({ name: 'BARE' });
  });

  it('knows the keys of UNKNOWN', () => {
    const message = { name: 'UNKNOWN', type: 200, subtype: 1, data: Uint8Array.of(1) } as const;
    codec.encode(message);
    expect(refused({ ...message, length: 1 }, '"length"').field).toBe('length');
  });

  it('ignores keys of a prototype and symbols', () => {
    const message = Object.assign(Object.create({ helper: 1 }), { name: 'SQUARE', n: 3, [Symbol('mark')]: 1 });
    expect(codec.encode(message)).toEqual(codec.encode({ name: 'SQUARE', n: 3 }));
  });

  it('accepts a field whose name every object inherits', () => {
    const odd = defineMessage({ name: 'ODD', type: 13, payload: { constructor: u8, valueOf: u32 } });
    const codec = createCodecWith(compile, [odd]);
    const message = { name: 'ODD', constructor: 1, valueOf: 2 } as const;
    expect(codec.decode(codec.encode(message as never))).toEqual(message);
  });

  it('refuses any message with an additional key, and writes nothing', () => {
    const seed = createCodecWith(compile, []);
    fc.assert(
      fc.property(anyMessage, fc.string(), fc.anything(), ({ message, definition }, key, value) => {
        fc.pre(!Object.hasOwn(message, key) && key !== '__proto__' && definition.type < 11);
        const target = new Uint8Array(64).fill(0xee);
        const stray = { ...message, [key]: value } as unknown as MessageInput;
        expectError('ERR_CTRL_IF_VALUE', 'there is no key', () => seed.encode(stray, 1, target));
        expect(target).toEqual(new Uint8Array(64).fill(0xee));
      }),
    );
  });
});

describe('a value that is no array of definitions', () => {
  it.each([
    ['an object', {}],
    ['a string', 'SQUARE'],
    ['a number', 5],
    ['an iterable', new Set([square])],
  ])('is refused: %s', (_, given) => {
    const error = expectError('ERR_CTRL_IF_DEFINITION', 'messages must be an array', () => createCodec(given as never));
    expect(error).toMatchObject({ field: 'messages', received: given });
  });

  it('is refused with the missing brackets', () => {
    expectError('ERR_CTRL_IF_DEFINITION', 'an array: [SQUARE]', () => createCodec(square as never));
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['the options of defineMessage', { name: 'SQUARE', type: 11, payload: { n: f64 } }],
    ['a struct', square.struct],
    ['a name', 'SQUARE'],
    ['a type that is none', { ...square, type: 256 }],
  ])('is refused where an item is %s', (_, item) => {
    const error = expectError('ERR_CTRL_IF_DEFINITION', 'made with defineMessage()', () =>
      createCodec([bare, item] as never),
    );
    expect(error.field).toBe('messages[1]');
  });

  it('is refused when it has holes', () => {
    const holes: unknown[] = [bare];
    holes[2] = square;
    expect(expectError('ERR_CTRL_IF_DEFINITION', 'messages[1]', () => createCodec(holes as never)).field).toBe(
      'messages[1]',
    );
  });
});
