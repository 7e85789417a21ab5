import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Domain } from '../../lib/domain/domain.ts';
import type { CtrlIfErrorCode } from '../../lib/errors.ts';
import type { Guest } from '../../lib/index.ts';
import type { AnyMessage } from '../../lib/link/codec.ts';
import { MessageObservers } from '../../lib/machine/message-observers.ts';
import { ControlSwitch } from '../../lib/machine/switch.ts';
import type { SwitchClient, SwitchedRequest } from '../../lib/machine/switch-client.ts';
import { type Codec, createCodec } from '../../lib/wire/codec.ts';
import { TestClock } from '../device/clock.ts';
import { connectGuest, listen, seq, useRuntimeDirectory } from '../domain/meeting.ts';

useRuntimeDirectory();

const fails = (code: CtrlIfErrorCode) => expect.objectContaining({ code });
const SEQ = 42;
type Asked = Guest<typeof seq>;
const switches: ControlSwitch[] = [];
afterEach(() => {
  for (const control of switches.splice(0)) control.close();
});

async function switched(guests: number) {
  const clock = new TestClock();
  const observers = new MessageObservers();
  const control = new ControlSwitch(createCodec([seq]) as unknown as Codec, observers, clock);
  switches.push(control);
  const controller = await listen();
  controller.on('domain', (domain) => {
    observers.addDomain(domain as unknown as Domain);
    control.addDomain(domain as unknown as Domain);
  });
  const connected: Asked[] = [];
  while (connected.length < guests) connected.push((await connectGuest()) as Asked);
  return { control, clock, guests: connected };
}

/** The next request for this client to answer. */
async function next(client: SwitchClient): Promise<SwitchedRequest> {
  const { value } = await client.requests.next();
  expect(value).toHaveProperty('id');
  return value as SwitchedRequest;
}

const ask = async (guest: Asked, n: number): Promise<number> => (await guest.request({ name: 'SEQ', n })).answer;

describe('requests go to their server', () => {
  it('by domid and type, and a second server is refused', async () => {
    const { control, guests } = await switched(2);
    const [a, b] = [control.client(), control.client()];
    a.serve({ type: SEQ, domid: 1 });
    const giveUp = b.serve({ type: SEQ, domid: 2, subtype: 0 });
    for (const match of [{ type: SEQ }, { type: SEQ, domid: 2 }, { type: SEQ, subtype: 0 }]) {
      expect(() => a.serve(match)).toThrow(fails('ERR_CTRL_IF_RECEIVER_EXISTS'));
    }
    const answers = [ask(guests[0]!, 7), ask(guests[1]!, 8)];
    for (const [client, domid, n] of [[a, 1, 7] as const, [b, 2, 8] as const]) {
      const request = await next(client);
      expect(request).toMatchObject({ domid, message: { name: 'SEQ', n } });
      client.respond(request.id, { answer: n * domid });
    }
    expect(await Promise.all(answers)).toEqual([7, 16]);
    giveUp();
    await expect(ask(guests[1]!, 9)).rejects.toEqual(fails('ERR_CTRL_IF_NOT_UNDERSTOOD'));
    a.serve({ type: SEQ, domid: 2 });
    const again = ask(guests[1]!, 10);
    a.respond((await next(a)).id, { answer: 1 });
    expect(await again).toBe(1);
  });

  it('except for those that the machine serves itself', async () => {
    const { control } = await switched(1);
    for (const type of [0, 1, 2, 3, 4, 8, 9]) {
      expect(() => control.client().serve({ type })).toThrow(fails('ERR_CTRL_IF_RECEIVER_EXISTS'));
    }
  });

  it('also from a guest that connects later', async () => {
    const { control } = await switched(1);
    const client = control.client();
    client.serve({ type: SEQ });
    const late = (await connectGuest()) as Asked;
    const answer = ask(late, 5);
    client.respond((await next(client)).id, { answer: 6 });
    expect(await answer).toBe(6);
  });
});

describe('ids', () => {
  it('belong to one client: another client has the same id for another request', async () => {
    const { control, guests } = await switched(2);
    const [a, b] = [control.client(), control.client()];
    a.serve({ type: SEQ, domid: 1 });
    b.serve({ type: SEQ, domid: 2 });
    const answers = guests.map((guest, i) => ask(guest, i));
    const [first, second] = [await next(a), await next(b)];
    expect(first.id).toBe(second.id);
    b.respond(first.id, { answer: 22 });
    expect(() => b.respond(first.id, { answer: 23 })).toThrow(fails('ERR_CTRL_IF_ALREADY_ANSWERED'));
    a.respond(first.id, { answer: 11 });
    expect(() => a.respond(999)).toThrow(fails('ERR_CTRL_IF_ALREADY_ANSWERED'));
    expect(await Promise.all(answers)).toEqual([11, 22]);
  });

  it('stay open after an answer that does not fit', async () => {
    const { control, guests } = await switched(1);
    const client = control.client();
    client.serve({ type: SEQ });
    const answer = ask(guests[0]!, 1);
    const { id } = await next(client);
    expect(() => client.respond(id, { answer: -1 })).toThrow(fails('ERR_CTRL_IF_VALUE'));
    client.respond(id, { answer: 2 });
    expect(await answer).toBe(2);
  });

  it('bring every answer to its request, in any order of two clients’ answers', async () => {
    const { control, guests } = await switched(2);
    const clients = [control.client(), control.client()];
    clients.forEach((client, index) => {
      client.serve({ type: SEQ, domid: guests[index]!.domid });
    });
    const answerOf = (client: number, n: number) => n + 1000 * client;
    const scripts = fc.array(fc.tuple(fc.nat(1), fc.nat(7)), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const answers = script.map(([client], n) => ask(guests[client]!, n));
        const waiting: SwitchedRequest[][] = [[], []];
        const respond = (client: number, index: number) => {
          const [request] = waiting[client]!.splice(index, 1);
          clients[client]!.respond(request!.id, { answer: answerOf(client, request!.message.n as number) });
        };
        for (const [client, pick] of script) {
          waiting[client]!.push(await next(clients[client]!));
          // A ring has eight slots, so some requests stay open, but never all.
          if (pick > 0 || waiting[client]!.length === 7) respond(client, pick % waiting[client]!.length);
        }
        for (const client of [0, 1]) while (waiting[client]!.length > 0) respond(client, waiting[client]!.length - 1);
        expect(await Promise.all(answers)).toEqual(script.map(([client], n) => answerOf(client, n)));
      }),
      { numRuns: 50 },
    );
  });
});

describe('watchers', () => {
  const seen = async (watching: AsyncIterator<unknown>, count: number) => {
    const messages: AnyMessage[] = [];
    while (messages.length < count) messages.push((await watching.next()).value.message);
    return messages;
  };

  it('see requests with another client, the machine or no process as their server', async () => {
    const { control, guests } = await switched(1);
    const [server, a, b] = [control.client(), control.client(), control.client()];
    server.serve({ type: SEQ });
    const all = [a.watch({ type: SEQ }), b.watch({ type: SEQ, domid: 1 })];
    const [console, unserved] = [a.watch({ type: 0 }), b.watch({ type: 200, subtype: 3 })];
    const elsewhere = b.watch({ type: SEQ, domid: 2 });
    const answer = ask(guests[0]!, 3);
    server.respond((await next(server)).id, { answer: 4 });
    expect(await answer).toBe(4);
    for (const watching of all) expect(await seen(watching, 1)).toMatchObject([{ name: 'SEQ', n: 3 }]);
    guests[0]!.console.write('first');
    guests[0]!.console.write('second');
    expect((await seen(console, 2)).map(({ data }) => Buffer.from(data as Uint8Array).toString())).toEqual([
      'first',
      'second',
    ]);
    const unknown = { name: 'UNKNOWN', type: 200, subtype: 3, data: Uint8Array.of(1, 2) } as const;
    await guests[0]!.request(unknown as never).catch(() => {});
    expect(await seen(unserved, 1)).toMatchObject([
      { name: 'UNKNOWN', type: 200, subtype: 3, data: Uint8Array.of(1, 2) },
    ]);
    a.close();
    b.close();
    expect(await elsewhere.next()).toEqual({ done: true, value: undefined });
    for (const watching of all) expect(await watching.next()).toEqual({ done: true, value: undefined });
  });

  it('that do not read miss the oldest, and delay no other', async () => {
    const { control, guests } = await switched(1);
    const [server, slow] = [control.client(), control.client()];
    server.serve({ type: SEQ });
    const watching = slow.watch({ type: SEQ });
    const answering = (async () => {
      for (let i = 0; i < 1100; i++) server.respond((await next(server)).id, { answer: i });
    })();
    await Promise.all(Array.from({ length: 1100 }, (_, n) => ask(guests[0]!, n)));
    await answering;
    expect((await watching.next()).value).toEqual({ kind: 'lost', count: 76 });
    expect((await watching.next()).value).toMatchObject({ message: { n: 76 } });
  });
});

describe('a client that does not answer', () => {
  it('has its requests answered "not understood" after 20 s, which frees the slot', async () => {
    const { control, clock, guests } = await switched(2);
    const [slow, quick] = [control.client(), control.client()];
    slow.serve({ type: SEQ, domid: 1 });
    quick.serve({ type: SEQ, domid: 2 });
    const hanging = Array.from({ length: 8 }, (_, n) => ask(guests[0]!, n));
    const requests: SwitchedRequest[] = [];
    while (requests.length < 8) requests.push(await next(slow));
    // The other domain has a ring of its own.
    const answer = ask(guests[1]!, 1);
    quick.respond((await next(quick)).id, { answer: 2 });
    expect(await answer).toBe(2);
    clock.pass(20_000_000);
    for (const outcome of await Promise.allSettled(hanging)) {
      expect(outcome).toEqual({ status: 'rejected', reason: fails('ERR_CTRL_IF_NOT_UNDERSTOOD') });
    }
    expect(() => slow.respond(requests[0]!.id, { answer: 1 })).toThrow(fails('ERR_CTRL_IF_ALREADY_ANSWERED'));
    expect(clock.waiting).toBe(0);
    const again = ask(guests[0]!, 9);
    slow.respond((await next(slow)).id, { answer: 10 });
    expect(await again).toBe(10);
  });

  it('because it closes has its requests answered, and another may serve', async () => {
    const { control, clock, guests } = await switched(1);
    const first = control.client();
    first.serve({ type: SEQ });
    const answer = ask(guests[0]!, 1);
    await next(first);
    first.close();
    await expect(answer).rejects.toEqual(fails('ERR_CTRL_IF_NOT_UNDERSTOOD'));
    expect(await first.requests.next()).toEqual({ done: true, value: undefined });
    const second = control.client();
    second.serve({ type: SEQ });
    const again = ask(guests[0]!, 2);
    second.respond((await next(second)).id, { answer: 3 });
    expect(await again).toBe(3);
    expect(clock.waiting).toBe(0);
  });

  it('because the domain has ended has no open request, and other domains continue', async () => {
    const { control, clock, guests } = await switched(2);
    const client = control.client();
    client.serve({ type: SEQ });
    const lost = expect(ask(guests[0]!, 1)).rejects.toEqual(fails('ERR_CTRL_IF_CLOSED'));
    const { id } = await next(client);
    await guests[0]!.close();
    await lost;
    while (clock.waiting > 0) await new Promise(setImmediate);
    expect(() => client.respond(id, { answer: 1 })).toThrow(fails('ERR_CTRL_IF_ALREADY_ANSWERED'));
    await expect(client.request(1, { name: 'SHUTDOWN_POWEROFF' })).rejects.toEqual(fails('ERR_CTRL_IF_DOMAIN'));
    const answer = ask(guests[1]!, 1);
    client.respond((await next(client)).id, { answer: 2 });
    expect(await answer).toBe(2);
  });
});

it('clients send requests to domains, and each gets its own response', async () => {
  const { control, guests } = await switched(1);
  const [a, b] = [control.client(), control.client()];
  guests[0]!.receive('VCPU_HOTPLUG_OFF', ({ vcpu }) => ({ status: vcpu }));
  const asked = [a, b, a].map((client, vcpu) => client.request(1, { name: 'VCPU_HOTPLUG_OFF', vcpu }));
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([0, 1, 2]);
});
