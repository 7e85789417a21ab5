import { describe, expect, it } from 'vitest';
import {
  bytes,
  type CtrlIfError,
  createCodec,
  defineMessage,
  f64,
  ID_NO_ANSWER,
  i64,
  type MessageInput,
  out,
  seedCodec,
  u64,
} from '../../lib/wire/index.ts';

const { fromJSON, toJSON } = seedCodec;

function thrownBy(action: () => unknown): CtrlIfError {
  try {
    action();
  } catch (error) {
    return error as CtrlIfError;
  }
  throw new Error('it did not throw');
}

const connect = { name: 'BLKIF_FE_INTERFACE_CONNECT', id: 1, handle: 0, shmemFrame: '0x1234' };

describe('JSON', () => {
  it('is flat, name and id first', () => {
    const json = toJSON({ name: 'BLKIF_FE_INTERFACE_CONNECT', handle: 0, shmemFrame: 0x1234n }, 1);
    expect(JSON.stringify(json)).toBe('{"name":"BLKIF_FE_INTERFACE_CONNECT","id":1,"handle":0,"shmemFrame":"0x1234"}');
  });

  it('has UNKNOWN with type, subtype and its bytes', () => {
    const json = { name: 'UNKNOWN', id: 1, type: 200, subtype: 1, data: '00ff' };
    const message = { name: 'UNKNOWN', type: 200, subtype: 1, data: Uint8Array.of(0, 255) } as const;
    expect(toJSON(message, 1)).toStrictEqual(json);
    expect(fromJSON(json)).toStrictEqual({ message, id: 1 });
  });

  it('writes an omitted OUT field as zero, and accepts an object without it', () => {
    expect(toJSON({ name: 'MEM_REQUEST_SET', target: 5 })).toEqual({
      name: 'MEM_REQUEST_SET',
      id: ID_NO_ANSWER,
      target: 5,
      status: 0,
    });
    expect(fromJSON({ name: 'MEM_REQUEST_SET', target: 5 })).toStrictEqual({
      message: { name: 'MEM_REQUEST_SET', target: 5 },
      id: ID_NO_ANSWER,
    });
  });

  it.each([
    ['0x1234', 0x1234n],
    ['0XFf', 255n],
    ['4660', 4660n],
    [4660, 4660n],
    ['18446744073709551615', 2n ** 64n - 1n],
  ])('takes %o for a 64-bit field', (shmemFrame, expected) => {
    expect(fromJSON({ ...connect, shmemFrame }).message).toMatchObject({ shmemFrame: expected });
  });

  it.each(['', '0x', 'x', '1.5', ' 1', '1n', '-0x1', 2 ** 53, 1.5, null, true, {}])(
    'refuses %o for a 64-bit field',
    (shmemFrame) => {
      expect({ ...thrownBy(() => fromJSON({ ...connect, shmemFrame })) }).toEqual({
        code: 'ERR_CTRL_IF_VALUE',
        field: 'shmemFrame',
        offset: 12,
        expected:
          'a bigint from 0n to 18446744073709551615n; in JSON a string such as "0x1234" or "4660", or a safe integer',
        received: shmemFrame,
      });
    },
  );

  it.each([-1, '-1', '0x10000000000000000'])('refuses %o, which no u64 holds', (shmemFrame) => {
    expect({ ...thrownBy(() => fromJSON({ ...connect, shmemFrame })) }).toMatchObject({
      code: 'ERR_CTRL_IF_VALUE',
      field: 'shmemFrame',
      offset: 12,
      received: BigInt(shmemFrame),
    });
  });

  it.each(['0', 'zz', '0x00', '00 ff', 5, null, [0]])('refuses %o for bytes', (data) => {
    expect({ ...thrownBy(() => fromJSON({ name: 'CONSOLE_DATA', data })) }).toEqual({
      code: 'ERR_CTRL_IF_VALUE',
      field: 'data',
      offset: 4,
      expected: 'a Uint8Array of 0 to 60 bytes; in JSON a string of hexadecimal digits, two a byte',
      received: data,
    });
  });

  it('refuses 61 bytes', () => {
    const error = thrownBy(() => fromJSON({ name: 'CONSOLE_DATA', data: '00'.repeat(61) }));
    expect({ ...error }).toMatchObject({ code: 'ERR_CTRL_IF_VALUE', field: 'data', received: new Uint8Array(61) });
  });

  it('names a key that the message does not have, and the keys that it has', () => {
    for (const key of ['shmem_frame', '__pad', 'status', 'toString']) {
      const error = thrownBy(() => fromJSON({ ...connect, [key]: 7 }));
      const expected = 'left out; the keys are name, id, handle, shmemFrame';
      expect({ ...error }).toEqual({ code: 'ERR_CTRL_IF_VALUE', field: key, expected, received: 7 });
    }
  });

  it('names a field that is missing', () => {
    const { handle, ...rest } = connect;
    const error = thrownBy(() => fromJSON(rest));
    expect({ ...error }).toMatchObject({ code: 'ERR_CTRL_IF_VALUE', field: 'handle', offset: 4 });
    expect(error.message).toContain('it is missing');
  });

  it.each([256, -1, '1', 1.5])('refuses an id of %o', (id) => {
    expect({ ...thrownBy(() => fromJSON({ ...connect, id })) }).toMatchObject({
      code: 'ERR_CTRL_IF_VALUE',
      field: 'id',
      offset: 2,
      received: id,
    });
    const message = { name: 'SHUTDOWN_REBOOT' } as const;
    expect({ ...thrownBy(() => toJSON(message, id as number)) }).toMatchObject({ field: 'id', received: id });
  });

  it.each([null, undefined, 5, 'CONSOLE_DATA', []])('refuses %o for a message', (object) => {
    expect({ ...thrownBy(() => fromJSON(object)) }).toMatchObject({
      code: 'ERR_CTRL_IF_VALUE',
      field: 'message',
      received: object,
    });
  });

  it('refuses a name that is not known', () => {
    for (const name of ['NOPE', undefined, 5])
      for (const action of [() => fromJSON({ name }), () => toJSON({ name } as unknown as MessageInput)])
        expect({ ...thrownBy(action) }).toMatchObject({ code: 'ERR_CTRL_IF_UNKNOWN_MESSAGE', received: name });
  });

  it('refuses to write a message that would not encode', () => {
    const action = () => toJSON({ name: 'BLKIF_FE_INTERFACE_CONNECT', handle: -1, shmemFrame: 0n });
    expect({ ...thrownBy(action) }).toMatchObject({
      code: 'ERR_CTRL_IF_VALUE',
      field: 'handle',
      offset: 4,
      received: -1,
    });
  });

  it("carries the user's messages, negative 64-bit numbers, NaN and infinities", () => {
    const codec = createCodec([
      defineMessage({
        name: 'MIXED',
        type: 11,
        payload: { big: u64, signed: i64, float: f64, raw: bytes(2), answer: out(u64) },
      }),
    ]);
    const message = {
      name: 'MIXED',
      big: 10n,
      signed: -5n,
      float: Number.NEGATIVE_INFINITY,
      raw: Uint8Array.of(1, 0xab),
    } as const;
    const json = { name: 'MIXED', id: 2, big: '0xa', signed: '-5', float: '-Infinity', raw: '01ab', answer: '0x0' };
    expect(codec.toJSON(message, 2)).toStrictEqual(json);
    expect(codec.fromJSON(json)).toStrictEqual({ message: { ...message, answer: 0n }, id: 2 });
    expect(codec.fromJSON({ ...json, float: 'NaN' }).message).toMatchObject({ float: Number.NaN });
    expect({ ...thrownBy(() => codec.fromJSON({ ...json, float: '1' })) }).toMatchObject({
      field: 'float',
      received: '1',
    });
  });
});
