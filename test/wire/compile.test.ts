/** Generated code and the interpreter of a struct do the same, to the last byte of an error. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCodecWith } from '../../lib/wire/codec.ts';
import { interpret } from '../../lib/wire/compile/interpret.ts';
import {
  bytes,
  CtrlIfError,
  createCodec,
  defineMessage,
  type Field,
  i64,
  type MessageInput,
  mac,
  out,
  tail,
  text,
  u8,
  u32,
  u64,
} from '../../lib/wire/index.ts';
import { unless } from '../support/skips.ts';
import { type AnyMessage, anyMessage, anySlot, chunk, everything, messageOf, visible } from './arbitraries.ts';
import { compilers, generateOnly } from './compilers.ts';

const isBuilt = existsSync('dist/wire/index.js');

const optional = defineMessage({
  name: 'OPTIONAL',
  type: 13,
  payload: { a: out(mac), b: out(text(5)), c: out(bytes(3)), d: out(i64), e: out(tail(8)) },
});
const long = defineMessage({ name: 'LONG', type: 14, payload: { class: u8, path: text(59) } });
const definitions = [everything, chunk, optional, long] as const;
type Input = MessageInput<(typeof definitions)[number]>;

const generated = createCodecWith(generateOnly, definitions);
const interpreted = createCodecWith(interpret, definitions);

/** Its result, or its error with all details. */
function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    expect(error).toBeInstanceOf(CtrlIfError);
    return { ...(error as CtrlIfError), message: (error as CtrlIfError).message };
  }
}

describe('generated and interpreted', () => {
  const both = fc.oneof(
    anyMessage.map(({ message }) => message),
    messageOf(optional),
    messageOf(long),
  );

  it('encode to the same bytes and decode to the same objects, keys in the same order', () => {
    fc.assert(
      fc.property(both, fc.nat(255), (message, id) => {
        const slot = generated.encode(message as Input, id);
        expect(slot).toEqual(interpreted.encode(message as Input, id));
        const decoded = generated.decode(slot);
        expect(decoded).toStrictEqual(interpreted.decode(slot));
        expect(Object.keys(decoded)).toEqual(Object.keys(interpreted.decode(slot)));
      }),
      { numRuns: 2000 },
    );
  });

  it('decode any bytes to the same result', () => {
    fc.assert(
      fc.property(anySlot, fc.nat(64), (slot, end) => {
        for (const bytes of [slot, slot.subarray(0, end)])
          expect(outcome(() => generated.decode(bytes))).toStrictEqual(outcome(() => interpreted.decode(bytes)));
      }),
      { numRuns: 2000 },
    );
  });

  it('encode any value in any field to the same result', () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true }),
      fc.integer(),
      fc.bigInt(),
      fc.double(),
      fc.string(),
      fc.uint8Array(),
      fc.constantFrom(
        Symbol('s'),
        -0,
        2 ** 31,
        2 ** 32,
        -(2 ** 31),
        2n ** 64n,
        -1n,
        2n ** 63n,
        -(2n ** 63n),
        undefined,
      ),
      fc.constantFrom(
        'aa:bb:cc:dd:ee:f\u{e6}',
        'aa:bb:cc:dd:ee:f\u{166}',
        'aa:bb:cc:dd:ee;ff',
        '\u{e9}',
        'a\0',
        '\ud800',
      ),
    );
    fc.assert(
      fc.property(anyMessage, fc.nat(20), anything, ({ message, definition }, pick, value) => {
        const fields = visible(definition);
        fc.pre(fields.length > 0);
        const changed = { ...message, [fields[pick % fields.length]!.name]: value } as unknown as Input;
        const targets = [new Uint8Array(64).fill(0xee), new Uint8Array(64).fill(0xee)] as const;
        expect(outcome(() => generated.encode(changed, 1, targets[0]))).toStrictEqual(
          outcome(() => interpreted.encode(changed, 1, targets[1])),
        );
        expect(targets[0]).toEqual(targets[1]);
      }),
      { numRuns: 5000 },
    );
  });
});

describe.each(compilers)('$how', ({ compile }) => {
  const codec = createCodecWith(compile, definitions);
  const input = (message: AnyMessage) => message as unknown as Input;

  it('sends zero for omitted OUT fields of every kind, whatever was sent before', () => {
    const full = {
      a: 'ff:ff:ff:ff:ff:ff',
      b: 'abcde',
      c: Uint8Array.of(1, 2, 3),
      d: -1n,
      e: new Uint8Array(8).fill(9),
    };
    codec.encode({ name: 'OPTIONAL', ...full });
    const slot = codec.encode({ name: 'OPTIONAL', e: undefined }, 3);
    expect([...slot]).toEqual([13, 0, 3, 22, ...new Array(60).fill(0)]);
  });

  it('leaves no bytes of a longer tail after a shorter one, nor of a refused tail', () => {
    for (const length of [56, 3, 0, 20, 19]) {
      const data = new Uint8Array(length).fill(0xaa);
      const slot = codec.encode({ name: 'CHUNK', sequence: 1, data });
      expect([...slot.subarray(8)]).toEqual([...data, ...new Array(56 - length).fill(0)]);
      expect(() => codec.encode({ name: 'CHUNK', sequence: -1, data: new Uint8Array(56).fill(1) })).toThrow(
        CtrlIfError,
      );
    }
  });

  it('reads and writes text of every length, ASCII or not', () => {
    for (let length = 0; length <= 59; length++)
      for (const path of ['x'.repeat(length), `${'y'.repeat(Math.max(0, length - 2))}\u{e9}`]) {
        const message = { name: 'LONG', class: 1, path } as const;
        expect(codec.decode(codec.encode(message))).toEqual(message);
      }
  });

  it('reads each field once, before it writes, because a getter may change its value or encode in between', () => {
    let reads = 0;
    const message = {
      name: 'CHUNK',
      get sequence() {
        return reads++ === 0 ? 7 : -1;
      },
      get data() {
        codec.encode({ name: 'CHUNK', sequence: 9, data: new Uint8Array(56).fill(9) });
        return Uint8Array.of(1);
      },
    } as const;
    expect(codec.decode(codec.encode(message))).toEqual({ name: 'CHUNK', sequence: 7, data: Uint8Array.of(1) });
    expect(reads).toBe(1);
  });

  it('accepts inherited fields', () => {
    expect(codec.encode(input(Object.create({ name: 'LONG', class: 1, path: 'a' })))).toEqual(
      codec.encode({ name: 'LONG', class: 1, path: 'a' }),
    );
  });
});

describe('compile', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it("interprets a struct with a field type of the user's own", () => {
    const percent: Field<number> = {
      cType: 'percent',
      size: 1,
      tail: undefined,
      role: 'in',
      zero: 0,
      expected: 'from 0 to 1',
      accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
      read: (view, at) => (view.getUint8(at) > 100 ? undefined : view.getUint8(at) / 100),
      write: (view, at, value) => view.setUint8(at, value * 100),
    };
    const codec = createCodec([defineMessage({ name: 'LOAD', type: 20, payload: { at: u64, load: percent, n: u32 } })]);
    const message = { name: 'LOAD', at: 1n, load: 0.5, n: 3 } as const;
    const slot = codec.encode(message);
    expect([slot[12], codec.decode(slot)]).toEqual([50, message]);
    slot[12] = 101;
    expect(() => codec.decode(slot)).toThrow(
      expect.objectContaining({ code: 'ERR_CTRL_IF_VALUE', field: 'load', offset: 12, received: Uint8Array.of(101) }),
    );
  });

  it('interprets when code generation is forbidden', async () => {
    const refuse = vi.fn(function refuse() {
      throw new EvalError('Code generation from strings disallowed for this context');
    });
    vi.resetModules();
    vi.stubGlobal('Function', refuse);
    const { createCodec } = await import('../../lib/wire/index.ts');
    const codec = createCodec();
    const message = { name: 'MEM_REQUEST_SET', target: 5, status: 0 } as const;
    for (let i = 0; i < 3; i++) expect(codec.decode(codec.encode(message))).toEqual(message);
    expect(refuse).toHaveBeenCalledTimes(1);
  });

  it.runIf(isBuilt)(`needs no code generation of Node either${unless(isBuilt, 'npm run setup')}`, async () => {
    const program = `
      import { decode, encode } from './dist/wire/index.js';
      console.log(decode(encode({ name: 'USBIF_BE_RELEASE_PORT', path: '1-1' })).path);`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    expect(stdout).toBe('1-1\n');
  });
});
