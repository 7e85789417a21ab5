/** The inferred types, checked by `tsc --noEmit`. At run time these tests only show that the values exist. */
import { describe, expectTypeOf, it } from 'vitest';
import {
  type blkif_be_create_t,
  bytes,
  createCodec,
  type Decoded,
  decode,
  defineMessage,
  encode,
  f64,
  type Input,
  type Message,
  type MessageInput,
  type MessageInputOf,
  type MessageName,
  type MessageOf,
  out,
  pad,
  struct,
  tail,
  text,
  u32,
  u64,
} from '../../lib/wire/index.ts';

describe("the header's messages", () => {
  it('are a union discriminated by name', () => {
    expectTypeOf<MessageOf<'BLKIF_FE_INTERFACE_CONNECT'>>().toEqualTypeOf<{
      name: 'BLKIF_FE_INTERFACE_CONNECT';
      handle: number;
      shmemFrame: bigint;
    }>();
    expectTypeOf<MessageOf<'CONSOLE_DATA'>>().toEqualTypeOf<{ name: 'CONSOLE_DATA'; data: Uint8Array }>();
    expectTypeOf<MessageOf<'SHUTDOWN_POWEROFF'>>().toEqualTypeOf<{ name: 'SHUTDOWN_POWEROFF' }>();
    expectTypeOf<MessageOf<'UNKNOWN'>>().toEqualTypeOf<{
      name: 'UNKNOWN';
      type: number;
      subtype: number;
      data: Uint8Array;
    }>();
    const message = decode(encode({ name: 'SHUTDOWN_SYSRQ', key: 'h' }));
    expectTypeOf(message).toEqualTypeOf<Message>();
    if (message.name === 'NETIF_BE_CREATE') expectTypeOf(message.beMac).toEqualTypeOf<string>();
    if (message.name === 'SHUTDOWN_SYSRQ')
      expectTypeOf(message).toEqualTypeOf<{ name: 'SHUTDOWN_SYSRQ'; key: string }>();
    expectTypeOf<'NOPE'>().not.toExtend<MessageName>();
    expectTypeOf<'USBIF_BE_CLAIM_PORT'>().toExtend<MessageName>();
  });

  it('need no OUT fields to encode, and have them when decoded', () => {
    expectTypeOf<MessageInputOf<'MEM_REQUEST_SET'>>().toEqualTypeOf<{
      name: 'MEM_REQUEST_SET';
      target: number;
      status?: number | undefined;
    }>();
    expectTypeOf<MessageOf<'MEM_REQUEST_SET'>>().toEqualTypeOf<{
      name: 'MEM_REQUEST_SET';
      target: number;
      status: number;
    }>();
    expectTypeOf<Message>().toExtend<MessageInput>();
    expectTypeOf<MessageInput>().not.toExtend<Message>();
  });

  it('refuse wrong fields and names', () => {
    const wrong = () => {
      // @ts-expect-error handle is missing
      encode({ name: 'BLKIF_FE_INTERFACE_CONNECT', shmemFrame: 1n });
      // @ts-expect-error shmemFrame is a bigint
      encode({ name: 'BLKIF_FE_INTERFACE_CONNECT', handle: 1, shmemFrame: 1 });
      // @ts-expect-error padding is invisible
      encode({ name: 'BLKIF_FE_INTERFACE_CONNECT', handle: 1, shmemFrame: 1n, __pad: 0 });
      // @ts-expect-error no message is called so
      encode({ name: 'NOPE' });
    };
    expectTypeOf(wrong).toBeFunction();
  });
});

describe('structs', () => {
  it('give both types from one declaration', () => {
    const schema = struct('s_t', { a: u32, __pad: pad(2), b: out(u64), c: text(4), d: bytes(2) });
    type F = typeof schema.declaration;
    expectTypeOf<Decoded<F>>().toEqualTypeOf<{ a: number; b: bigint; c: string; d: Uint8Array }>();
    expectTypeOf<Input<F>>().toEqualTypeOf<{ a: number; c: string; d: Uint8Array; b?: bigint | undefined }>();
    expectTypeOf<Decoded<(typeof blkif_be_create_t)['declaration']>>().toEqualTypeOf<{
      domid: number;
      blkifHandle: number;
      status: number;
    }>();
  });
});

describe("the user's messages", () => {
  const tick = defineMessage({ name: 'TICK', type: 11, payload: { sequence: u32, sentAt: f64, heardAt: out(f64) } });
  const chunk = defineMessage({ name: 'CHUNK', type: 12, payload: struct('chunk_t', { data: tail() }) });
  const ping = defineMessage({ name: 'PING', type: 13 });
  const codec = createCodec([tick, chunk, ping]);
  type User = typeof tick | typeof chunk | typeof ping;

  it('are inferred without an annotation', () => {
    const message = codec.decode(codec.encode({ name: 'TICK', sequence: 1, sentAt: 2 }));
    expectTypeOf(message).toEqualTypeOf<Message<User>>();
    if (message.name === 'TICK')
      expectTypeOf(message).toEqualTypeOf<{ name: 'TICK'; sequence: number; sentAt: number; heardAt: number }>();
    if (message.name === 'BLKIF_BE_CREATE') expectTypeOf(message.domid).toEqualTypeOf<number>();
    expectTypeOf<MessageOf<'CHUNK', typeof chunk>>().toEqualTypeOf<{ name: 'CHUNK'; data: Uint8Array }>();
    expectTypeOf<MessageOf<'PING', typeof ping>>().toEqualTypeOf<{ name: 'PING' }>();
    expectTypeOf<MessageInputOf<'TICK', typeof tick>>().toEqualTypeOf<{
      name: 'TICK';
      sequence: number;
      sentAt: number;
      heardAt?: number | undefined;
    }>();
    expectTypeOf(codec.definition('TICK')).toEqualTypeOf<typeof tick>();
    expectTypeOf(codec.fromJSON({ name: 'PING' }).message).toEqualTypeOf<MessageInput<User>>();
  });

  it('refuse wrong fields and names', () => {
    const wrong = () => {
      // @ts-expect-error sentAt is missing
      codec.encode({ name: 'TICK', sequence: 1 });
      // @ts-expect-error sequence is a number
      codec.encode({ name: 'TICK', sequence: 1n, sentAt: 2 });
      // @ts-expect-error the seed's codec has no TICK
      encode({ name: 'TICK', sequence: 1, sentAt: 2 });
      // @ts-expect-error no such definition
      codec.definition('TOCK');
      // @ts-expect-error a direction is toGuest, toController or both
      defineMessage({ name: 'TOCK', type: 14, direction: 'up' });
    };
    expectTypeOf(wrong).toBeFunction();
  });
});
