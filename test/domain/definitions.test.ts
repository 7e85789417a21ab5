/** Definitions that differ are found when a guest connects, and named; what only one side defines is no difference. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Definitions } from '../../lib/domain/definitions.ts';
import {
  bytes,
  Controller,
  CtrlIfError,
  defineMessage,
  domid,
  f64,
  Guest,
  i32,
  type MessageDefinition,
  out,
  pad,
  tail,
  text,
  u8,
  u16,
  u32,
  u64,
} from '../../lib/index.ts';
import { createControlPage } from '../../lib/page/control-page.ts';
import { newPageName } from '../../lib/page/name.ts';
import { processIdentity } from '../../lib/page/process-identity.ts';
import { FIRST_USER_TYPE } from '../../lib/wire/index.ts';
import { useRuntimeDirectory } from './meeting.ts';

const directory = useRuntimeDirectory();

type Options = Parameters<typeof defineMessage>[0];
const define = (options: Options): MessageDefinition => defineMessage(options);
const payload = { n: u32, squared: out(f64) };
const square = define({ name: 'SQUARE', type: 11, payload });

/** What the controller says to a guest, both being given in whatever form they cross the socket. */
function compare(own: readonly MessageDefinition[], theirs: readonly MessageDefinition[]): CtrlIfError | undefined {
  const guest = new Definitions(theirs);
  const comparison = new Definitions(own).compareWith(guest.fingerprint);
  if (!comparison) return undefined;
  const lines = [...guest.lines()];
  for (const [i, line] of lines.entries()) {
    const text = JSON.stringify(line);
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(comparison.take(JSON.parse(text))).toBe(i === lines.length - 1);
  }
  return comparison.error;
}

const changed = (options: Partial<Options>) => define({ name: 'SQUARE', type: 11, payload, ...options });

describe('two definitions of one message', () => {
  it.each<[string, MessageDefinition, MessageDefinition, string, string | undefined]>([
    [
      'another type of a field',
      square,
      changed({ payload: { n: f64, squared: out(f64) } }),
      'SQUARE differs: field n is u32 at the controller and f64 at the guest; give both sides the same definition',
      'n',
    ],
    [
      'another role of a field',
      square,
      changed({ payload: { n: u32, squared: f64 }, response: { kind: 'fill' } }),
      'SQUARE differs: field squared is out(f64) at the controller and f64 at the guest; give',
      'squared',
    ],
    [
      'swapped fields',
      define({ name: 'PAY', type: 20, payload: { amount: u32, account: u32 } }),
      define({ name: 'PAY', type: 20, payload: { account: u32, amount: u32 } }),
      'PAY differs: the order of its fields is amount, account at the controller and account, amount at the guest; give',
      'amount',
    ],
    [
      'a field that the guest lacks',
      square,
      changed({ payload: { squared: out(f64) } }),
      'SQUARE differs: field n, u32 at the controller, is missing at the guest; give',
      'n',
    ],
    [
      'a field that the controller lacks',
      square,
      changed({ payload: { ...payload, cubed: out(f64) } }),
      'SQUARE differs: field cubed, out(f64) at the guest, is missing at the controller; give',
      'cubed',
    ],
    [
      'padding that one side lacks',
      changed({ payload: { n: u32, __pad: pad(4), squared: out(f64) } }),
      square,
      'SQUARE differs: field __pad, pad(4) at the controller, is missing at the guest; give',
      '__pad',
    ],
    [
      'another length of a text',
      changed({ payload: { symbol: text(8) } }),
      changed({ payload: { symbol: text(9) } }),
      'SQUARE differs: field symbol is char[8] at the controller and char[9] at the guest; give',
      'symbol',
    ],
    [
      'another length of a tail',
      changed({ payload: { data: tail(8) } }),
      changed({ payload: { data: tail(9) } }),
      'field data is u8[] of at most 8 at the controller and u8[] of at most 9 at the guest',
      'data',
    ],
    [
      'another size of a field type of their own making',
      changed({ payload: { price: { ...u32, cType: 'price', source: undefined } } }),
      changed({ payload: { price: { ...u16, cType: 'price', source: undefined } } }),
      'field price is price of 4 bytes at the controller and price of 2 bytes at the guest',
      'price',
    ],
    [
      'another type number',
      square,
      changed({ type: 12 }),
      'SQUARE differs: its type is 11 at the controller and 12 at the guest; give',
      'type',
    ],
    [
      'another subtype',
      square,
      changed({ subtype: 3 }),
      'SQUARE differs: its subtype is 0 at the controller and 3 at the guest; give',
      'subtype',
    ],
    [
      'another name',
      square,
      changed({ name: 'POWER' }),
      'SQUARE differs: type 11, subtype 0 is SQUARE at the controller and POWER at the guest; give',
      undefined,
    ],
    [
      'another direction',
      square,
      changed({ direction: 'toGuest' }),
      'SQUARE differs: its direction is both at the controller and toGuest at the guest; give',
      'direction',
    ],
    [
      'another way to fail',
      changed({ payload: { status: out(u32) }, response: { kind: 'status', field: 'status', okay: 0, error: 1 } }),
      changed({ payload: { status: out(u32) }, response: { kind: 'status', field: 'status', okay: 1, error: 0 } }),
      'its response is status in status (0 okay, 1 error) at the controller and status in status (1 okay, 0 error)',
      'response',
    ],
  ])('that have %s are told apart', (_, own, theirs, sentence, field) => {
    const error = compare([own], [theirs]);
    expect(error).toMatchObject({ code: 'ERR_CTRL_IF_DEFINITION', subject: own.name });
    expect(error!.message).toContain(sentence);
    expect(error!.field).toBe(field);
  });

  it('are the same by what an alias stands for, and whatever either side takes its time for', () => {
    const own = changed({ payload: { from: domid, n: u64 }, deferred: true });
    const theirs = changed({ payload: { from: u16, n: u64 } });
    expect(new Definitions([own]).fingerprint).toBe(new Definitions([theirs]).fingerprint);
  });

  it('that are too long to be described are found to differ all the same', () => {
    const long = (field: string) => changed({ payload: { [`${'x'.repeat(5000)}${field}`]: u8 } });
    expect(compare([long('a')], [long('b')])!.message).toContain('SQUARE differs: its description is too long');
    const other = define({ name: 'OTHER', type: 12 });
    expect(compare([long('a')], [long('a'), other])).toBeUndefined();
  });
});

describe('two sets of definitions', () => {
  const cube = define({ name: 'CUBE', type: 12, payload });

  it('are compared where both know a message, and only there', () => {
    expect(compare([square], [square, cube])).toBeUndefined();
    expect(compare([square, cube], [cube])).toBeUndefined();
    expect(compare([square], [cube])).toBeUndefined();
    expect(compare([], [cube])).toBeUndefined();
    expect(compare([square], [])).toBeUndefined();
  });

  it('have their lowest message named, in whatever order they were given', () => {
    const others = [define({ name: 'CUBE', type: 12, payload: { n: f64 } }), changed({ payload: { n: f64 } })];
    for (const own of [
      [square, cube],
      [cube, square],
    ]) {
      expect(compare(own, others)!.subject).toBe('SQUARE');
      expect(compare(own, [...others].reverse())!.subject).toBe('SQUARE');
    }
  });

  it('name a message by its own number where the other side has moved it up', () => {
    const moved = [changed({ type: 200 }), define({ name: 'CUBE', type: 12, payload: { n: f64 } })];
    expect(compare([square, cube], moved)!.message).toContain('SQUARE differs: its type is 11');
  });

  const types = { u8, u16, u32, u64, i32, f64, bytes: bytes(3), text: text(4), outU8: out(u8), outF64: out(f64) };
  const anyType = fc.constantFrom(...(Object.keys(types) as (keyof typeof types)[]));
  const anyFields = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-h][a-z]{0,2}$/), anyType), {
    selector: ([name]) => name,
    maxLength: 6,
  });
  const anyMessage = fc.record({
    number: fc.integer({ min: FIRST_USER_TYPE * 256, max: 255 * 256 + 255 }),
    name: fc.stringMatching(/^[A-Z]{3,5}$/),
    fields: anyFields,
    direction: fc.constantFrom('both', 'toGuest', 'toController'),
  });
  type AnyMessage = typeof anyMessage extends fc.Arbitrary<infer M> ? M : never;
  const unlike = (a: AnyMessage, b: AnyMessage) => a.number === b.number || a.name === b.name;
  const anySet = fc.uniqueArray(anyMessage, { comparator: unlike, minLength: 1, maxLength: 8 });
  const made = ({ number, name, fields, direction }: AnyMessage) =>
    define({
      name,
      type: number >> 8,
      subtype: number & 255,
      direction,
      payload: Object.fromEntries(fields.map(([field, type]) => [field, types[type]])),
    });

  it('are equal in any order', () => {
    fc.assert(
      fc.property(
        anySet.chain((set) => fc.tuple(fc.constant(set), fc.shuffledSubarray(set, { minLength: set.length }))),
        ([set, shuffled]) => {
          const own = new Definitions(set.map(made));
          expect(own.fingerprint).toMatch(/^[0-9a-f]{16}$/);
          expect(new Definitions(shuffled.map(made)).fingerprint).toBe(own.fingerprint);
        },
      ),
    );
  });

  it('differ after any single change, and the error names the message', () => {
    const changes: Record<string, (message: AnyMessage, pick: number) => AnyMessage | undefined> = {
      name: (message) => ({ ...message, name: `${message.name}X` }),
      number: (message) => ({ ...message, number: 10 * 256 + 256 + ((message.number + 1) % (245 * 256)) }),
      direction: (message) => ({ ...message, direction: message.direction === 'both' ? 'toGuest' : 'both' }),
      lost: ({ fields, ...rest }, pick) =>
        fields.length === 0 ? undefined : { ...rest, fields: fields.filter((_, i) => i !== pick % fields.length) },
      gained: ({ fields, ...rest }) => ({ ...rest, fields: [...fields, ['zzzz', 'u8']] }),
      retyped: ({ fields, ...rest }, pick) =>
        fields.length === 0
          ? undefined
          : {
              ...rest,
              fields: fields.map(([name, type], i) =>
                i === pick % fields.length ? [name, type === 'u8' ? 'i32' : 'u8'] : [name, type],
              ),
            },
      turned: ({ fields, ...rest }) =>
        fields.length < 2 ? undefined : { ...rest, fields: [...fields.slice(1), fields[0]!] },
    };
    fc.assert(
      fc.property(anySet, fc.nat(), fc.nat(), fc.constantFrom(...Object.keys(changes)), (set, pick, inner, change) => {
        const at = pick % set.length;
        const after = changes[change]!(set[at]!, inner);
        fc.pre(after !== undefined && !set.some((other, i) => i !== at && unlike(other, after)));
        const theirs = set.map((message, i) => (i === at ? after! : message)).map(made);
        const error = compare(set.map(made), theirs);
        expect(error).toMatchObject({ code: 'ERR_CTRL_IF_DEFINITION', subject: set[at]!.name });
      }),
      { numRuns: 500 },
    );
  });
});

describe('a guest with another definition', () => {
  const controllerOf = async (messages: readonly MessageDefinition[]) => {
    const controller = await Controller.listen({ name: 'test', messages });
    const refused: CtrlIfError[] = [];
    controller.on('refused', (error) => refused.push(error));
    return { controller, refused };
  };

  it('is refused, and both sides get the difference', async () => {
    const { controller, refused } = await controllerOf([square]);
    const error = await Guest.connect({ name: 'test', messages: [changed({ payload: { n: f64 } })] }).catch((e) => e);
    const sentence = 'SQUARE differs: field n is u32 at the controller and f64 at the guest';
    for (const told of [error, refused[0]]) {
      expect(told).toMatchObject({ code: 'ERR_CTRL_IF_DEFINITION', subject: 'SQUARE', field: 'n' });
      expect(told.message).toContain(sentence);
    }
    expect(refused).toHaveLength(1);
    expect(controller.domains.size).toBe(0);
    await using equal = await Guest.connect({ name: 'test', messages: [changed({})] });
    expect(equal.domid).toBe(1);
    await controller.close();
  });

  it('is welcome where no message that both know differs, and where it has none', async () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      define({ name: `M${i}`, type: 100 + (i >> 8), subtype: i & 255 }),
    );
    const { controller, refused } = await controllerOf([square]);
    controller.on('domain', (domain) => domain.receive(11, () => ({ squared: 9 })));
    for (const messages of [[square], [square, ...many], many, []]) {
      await using guest = await Guest.connect({ name: 'test', messages });
      if (messages.includes(square)) {
        expect(await guest.request({ name: 'SQUARE', n: 3 } as never)).toMatchObject({ squared: 9 });
      }
    }
    expect(refused).toEqual([]);
    await controller.close();
  });

  it('leaves nothing to its names: a line of what they say stays one', async () => {
    const { controller } = await controllerOf([square]);
    const odd = { ...changed({ payload: { n: { ...f64, cType: `\x1b[2J${'y'.repeat(500)}` } } }) };
    const error = await Guest.connect({ name: 'test', messages: [odd] }).catch((e) => e);
    expect(error.message).toMatch(/field n is u32 at the controller and \?\[2Jy{60}\.\.\. at the guest/);
    await controller.close();
  });
});

describe('a peer that lies of its definitions', () => {
  /** Presents itself with a page and a strange fingerprint, says `lines` when asked, and resolves with the last answer. */
  async function tell(...lines: unknown[]): Promise<Record<string, unknown>> {
    const { pid, startTime } = processIdentity();
    const page = newPageName();
    const nonce = Buffer.alloc(16, 1);
    createControlPage(page, nonce, 'file').unmap();
    const socket = connect(join(directory.path, 'test.sock'));
    const announcement = { announce: 2, page, nonce: nonce.toString('hex'), pid, startTime: String(startTime) };
    socket.write(`${JSON.stringify({ ...announcement, definitions: '0123456789abcdef' })}\n`);
    socket.write(`${JSON.stringify({ ready: true })}\n`);
    let said = '';
    socket.on('data', (chunk) => {
      const asked = said.includes('describe');
      said += chunk;
      if (!asked && said.includes('describe')) for (const line of lines) socket.write(`${JSON.stringify(line)}\n`);
      if (said.includes('welcome')) socket.destroy();
    });
    socket.on('error', () => {});
    await once(socket, 'close');
    return JSON.parse(said.trim().split('\n').at(-1)!);
  }
  const line = (overrides: object = {}) => ({
    define: {
      name: 'SQUARE',
      type: 11,
      subtype: 0,
      direction: 'both',
      response: 'fill',
      fields: [
        { name: 'n', type: 'u32', role: 'in', size: 4 },
        { name: 'squared', type: 'f64', role: 'out', size: 8 },
      ],
      ...overrides,
    },
  });

  it('is refused, and other guests are served', async () => {
    const controller = await Controller.listen({ name: 'test', messages: [square] });
    for (const lines of [
      [{}],
      [{ define: null }],
      [{ define: 'SQUARE' }],
      [line({ name: 5 })],
      [line({ type: -1 })],
      [line({ type: 256 })],
      [line({ subtype: 1.5 })],
      [line({ direction: 'up' })],
      [line({ response: {} })],
      [line({ fields: {} })],
      [line({ fields: [null] })],
      [line({ fields: [{ name: 'n', type: 'u32', role: 'king', size: 4 }] })],
      [line({ fields: [{ name: 'n', type: 'u32', role: 'in', size: -4 }] })],
      [line({ digest: 'xyz' })],
      [line(), line()],
      [line({ type: 12 }), line({ type: 11, name: 'B' })],
      [line(), { defined: 2 }],
      [{ defined: -1 }],
      [{ ready: true }],
    ]) {
      expect(await tell(...lines), JSON.stringify(lines)).toMatchObject({ refused: 'ERR_CTRL_IF_HANDSHAKE' });
    }
    expect(controller.domains.size).toBe(0);
    await using guest = await Guest.connect({ name: 'test', messages: [square] });
    expect(guest.domid).toBe(1);
    await controller.close();
  });

  it('may describe every type there is, and no more', async () => {
    const controller = await Controller.listen({ name: 'test', messages: [square] });
    const all = Array.from({ length: 65_536 - FIRST_USER_TYPE * 256 }, (_, i) => {
      const number = i + FIRST_USER_TYPE * 256;
      const own = number === FIRST_USER_TYPE * 256;
      return line({ type: number >> 8, subtype: number & 255, ...(own ? {} : { name: `M${number}`, fields: [] }) });
    });
    expect(await tell(...all, { defined: all.length })).toMatchObject({ welcome: 2 });
    expect(await tell(...all, line({ type: 255, subtype: 255 }))).toMatchObject({ refused: 'ERR_CTRL_IF_HANDSHAKE' });
    await controller.close();
  });

  it('may not say more than any honest guest has to', () => {
    const comparison = new Definitions([square]).compareWith('0123456789abcdef')!;
    const most = () => {
      for (let number = 0; number < 65_536; number++)
        comparison.take(line({ type: number >> 8, subtype: number & 255, response: 'x'.repeat(3800) }));
    };
    expect(most).toThrow(expect.objectContaining({ code: 'ERR_CTRL_IF_HANDSHAKE' }));
  });

  it('is a controller that asks twice: the guest sends its definitions once', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => {
      socket.on('error', () => {}).resume();
      socket.write('{"describe":true}\n{"describe":true}\n');
    }).listen(join(directory.path, 'fake.sock'));
    await once(server, 'listening');
    const connecting = Guest.connect({ name: 'fake', messages: [square] });
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_CTRL_IF_HANDSHAKE' });
    await expect(connecting).rejects.toBeInstanceOf(CtrlIfError);
    server.close();
    await once(server, 'close');
  });
});

it('a peer without a fingerprint is not asked for its definitions', async () => {
  const controller = await Controller.listen({ name: 'test', messages: [square] });
  const { pid, startTime } = processIdentity();
  const page = newPageName();
  createControlPage(page, Buffer.alloc(16, 1), 'file').unmap();
  const socket = connect(join(directory.path, 'test.sock'));
  const nonce = Buffer.alloc(16, 1).toString('hex');
  socket.write(`${JSON.stringify({ announce: 2, page, nonce, pid, startTime: String(startTime) })}\n{"ready":true}\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(JSON.parse(answer.toString())).toMatchObject({ welcome: 2, domid: 1 });
  socket.destroy();
  await controller.close();
});
