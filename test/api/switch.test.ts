/** Clients of the switch over a real server, with real guests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../../lib/api/client.ts';
import { type ApiServer, serveApi } from '../../lib/api/serve.ts';
import type { ApiSwitch, SwitchRequest } from '../../lib/api/switch-socket.ts';
import type { Domain } from '../../lib/domain/domain.ts';
import type { CtrlIfErrorCode } from '../../lib/errors.ts';
import type { Guest } from '../../lib/index.ts';
import { MessageObservers } from '../../lib/machine/message-observers.ts';
import { ControlSwitch } from '../../lib/machine/switch.ts';
import { type Codec, createCodec } from '../../lib/wire/codec.ts';
import { connectGuest, listen, seq, useRuntimeDirectory } from '../domain/meeting.ts';
import { FakeMachine } from './fake-machine.ts';

useRuntimeDirectory();
const fails = (code: CtrlIfErrorCode) => expect.objectContaining({ code });
const SEQ = 42;
type Asked = Guest<typeof seq>;

let directory: string;
let server: ApiServer;
let control: ControlSwitch;
let guests: Asked[];
const clients: ApiSwitch[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ctrl-if-api-'));
  const observers = new MessageObservers();
  control = new ControlSwitch(createCodec([seq]) as unknown as Codec, observers);
  server = await serveApi(Object.assign(new FakeMachine(), { switch: control }), { path: join(directory, 'lab.api') });
  const controller = await listen();
  controller.on('domain', (domain) => {
    observers.addDomain(domain as unknown as Domain);
    control.addDomain(domain as unknown as Domain);
  });
  guests = [(await connectGuest()) as Asked, (await connectGuest()) as Asked];
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.close();
  control.close();
  rmSync(directory, { recursive: true });
});

async function client(): Promise<ApiSwitch> {
  const made = await new ApiClient({ path: server.path }).switch();
  clients.push(made);
  return made;
}

async function next(requests: AsyncIterator<unknown>): Promise<SwitchRequest> {
  const { value } = await requests.next();
  expect(value).toHaveProperty('message');
  return value as SwitchRequest;
}

const ask = async (guest: Asked, n: number): Promise<number> => (await guest.request({ name: 'SEQ', n })).answer;

describe('a client over the API', () => {
  it('serves the requests that it asked for, with ids of its own', async () => {
    const [a, b] = [await client(), await client()];
    const giveUp = await a.serve({ type: SEQ, domid: 1 });
    await b.serve({ type: SEQ, domid: 2 });
    await expect(b.serve({ type: SEQ })).rejects.toEqual(fails('ERR_CTRL_IF_RECEIVER_EXISTS'));
    await expect(b.serve({ type: 1 })).rejects.toEqual(fails('ERR_CTRL_IF_RECEIVER_EXISTS'));
    const answers = [ask(guests[0]!, 5), ask(guests[1]!, 6)];
    const [first, second] = [await next(a.requests), await next(b.requests)];
    expect(first).toEqual({ id: 1, domid: 1, message: { name: 'SEQ', n: 5, answer: 0 } });
    expect(second).toEqual({ id: 1, domid: 2, message: { name: 'SEQ', n: 6, answer: 0 } });
    await b.respond(1, { answer: 66 });
    await expect(b.respond(1, { answer: 67 })).rejects.toEqual(fails('ERR_CTRL_IF_ALREADY_ANSWERED'));
    await expect(a.respond(1, { answer: -1 })).rejects.toEqual(fails('ERR_CTRL_IF_VALUE'));
    await expect(a.respond(1, { aswer: 1 })).rejects.toEqual(fails('ERR_CTRL_IF_VALUE'));
    await a.respond(1, { answer: 55 });
    expect(await Promise.all(answers)).toEqual([55, 66]);
    await giveUp();
    await expect(ask(guests[0]!, 7)).rejects.toEqual(fails('ERR_CTRL_IF_NOT_UNDERSTOOD'));
    await b.serve({ type: SEQ, domid: 1 });
    const refused = expect(ask(guests[0]!, 8)).rejects.toEqual(fails('ERR_CTRL_IF_NOT_UNDERSTOOD'));
    await b.respond((await next(b.requests)).id);
    await refused;
  });

  it('watches requests that another client or the machine serves, until it stops', async () => {
    const [server, watcher] = [await client(), await client()];
    await server.serve({ type: SEQ });
    const [all, console] = [await watcher.watch({ type: SEQ }), await watcher.watch({ type: 0, domid: 2 })];
    const answer = ask(guests[0]!, 5);
    await server.respond((await next(server.requests)).id, { answer: 6 });
    expect(await answer).toBe(6);
    expect(await next(all)).toEqual({ id: 0, domid: 1, message: { name: 'SEQ', n: 5, answer: 0 } });
    guests[1]!.console.write('hi');
    expect(await next(console)).toEqual({ id: 0, domid: 2, message: { name: 'CONSOLE_DATA', data: '6869' } });
    await all.return?.();
    expect(await all.next()).toEqual({ done: true, value: undefined });
    // The API has ended the watch when it answers a later call.
    await watcher.watch({ type: 200 });
  });

  it('sends several requests to domains at once, and gets each response', async () => {
    const [a, b] = [await client(), await client()];
    guests[0]!.receive('VCPU_HOTPLUG_OFF', ({ vcpu }) => ({ status: vcpu }));
    const asked = [a, b, a].map((client, vcpu) => client.request(1, { name: 'VCPU_HOTPLUG_OFF', vcpu }));
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([0, 1, 2]);
    await expect(a.request(9, { name: 'VCPU_HOTPLUG_OFF', vcpu: 1 })).rejects.toEqual(fails('ERR_CTRL_IF_DOMAIN'));
    await expect(a.request(1, { name: 'NO_SUCH' })).rejects.toEqual(fails('ERR_CTRL_IF_UNKNOWN_MESSAGE'));
    await expect(a.request(2, { name: 'VCPU_HOTPLUG_OFF', vcpu: 1 })).rejects.toEqual(
      fails('ERR_CTRL_IF_NOT_UNDERSTOOD'),
    );
  });

  it('that disconnects with an open request has it answered "not understood", and another client may serve', async () => {
    const first = await client();
    await first.serve({ type: SEQ });
    const answer = expect(ask(guests[0]!, 1)).rejects.toEqual(fails('ERR_CTRL_IF_NOT_UNDERSTOOD'));
    await next(first.requests);
    await first.close();
    await answer;
    await expect(first.serve({ type: SEQ })).rejects.toEqual(fails('ERR_CTRL_IF_CLOSED'));
    expect(await first.requests.next()).toEqual({ done: true, value: undefined });
    const second = await client();
    await second.serve({ type: SEQ });
    const again = ask(guests[0]!, 2);
    await second.respond((await next(second.requests)).id, { answer: 3 });
    expect(await again).toBe(3);
  });

  it('gets an error when the API closes', async () => {
    const serving = await client();
    await serving.serve({ type: SEQ });
    await server.close();
    expect(await serving.requests.next()).toEqual({ done: true, value: undefined });
    await expect(serving.request(1, { name: 'SHUTDOWN_POWEROFF' })).rejects.toEqual(fails('ERR_CTRL_IF_CLOSED'));
  });
});

describe('on the socket itself', () => {
  /** A client that sends single lines, and reads on demand. */
  async function raw() {
    const socket = connect(server.path);
    socket.write('GET /switch HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ctrl-if-switch\r\n\r\n');
    socket.setEncoding('utf8');
    let text = '';
    const lines: string[] = [];
    const read = async (): Promise<string | undefined> => {
      while (lines.length === 0) {
        const chunk = socket.read() as string | null;
        if (chunk === null) {
          if (socket.readableEnded) return undefined;
          await new Promise<void>((resolve) => {
            socket.once('readable', resolve);
            socket.once('end', resolve);
          });
        } else {
          text += chunk;
          const parts = text.split('\n');
          text = parts.pop()!;
          lines.push(...parts);
        }
      }
      return lines.shift();
    };
    while ((await read()) !== '\r');
    return { socket, read, say: (line: string) => socket.write(`${line}\n`) };
  }

  it.each([
    ['no JSON', 'hello', 'ERR_CTRL_IF_CONFIG'],
    ['an unknown key', '{"call":1,"sevre":{"type":1}}', 'ERR_CTRL_IF_CONFIG'],
    ['a type over 255', '{"call":1,"serve":{"type":256}}', 'ERR_CTRL_IF_CONFIG'],
    ['nothing to do', '{"call":1}', 'ERR_CTRL_IF_REQUEST'],
    ['a call that serves nothing', '{"call":1,"unserve":7}', 'ERR_CTRL_IF_REQUEST'],
    ['an unknown id', '{"call":1,"respond":{"id":7}}', 'ERR_CTRL_IF_ALREADY_ANSWERED'],
  ])('a line with %s gets its problem, and the next line is processed', async (_, line, code) => {
    const { socket, read, say } = await raw();
    say(line);
    expect(JSON.parse((await read())!)).toMatchObject({ problem: { code } });
    say('{"call":2,"watch":{"type":42}}');
    expect(JSON.parse((await read())!)).toEqual({ call: 2 });
    socket.destroy();
  });

  it('a line without an end closes the connection', async () => {
    const { read, socket } = await raw();
    socket.write('x'.repeat(70_000));
    expect(JSON.parse((await read())!)).toMatchObject({ problem: { code: 'ERR_CTRL_IF_REQUEST' } });
    expect(await read()).toBeUndefined();
  });

  it('a client that does not read misses the oldest, gets their number, and delays no other client', {
    timeout: 30_000,
  }, async () => {
    const slow = await raw();
    slow.say('{"call":1,"watch":{"type":42}}');
    expect(await slow.read()).toBe('{"call":1}');
    const server = await client();
    await server.serve({ type: SEQ });
    const answering = (async () => {
      for await (const request of server.requests) if ('id' in request) await server.respond(request.id, { answer: 1 });
    })();
    // More than the socket's buffers and the switch's queue hold.
    const count = 12_000;
    for (let n = 0; n < count; n += 8) await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((i) => ask(guests[0]!, n + i)));
    await server.close();
    await answering;
    let seen = 0;
    let lost = 0;
    while (seen + lost < count) {
      const line = JSON.parse((await slow.read())!);
      if (line.seen) seen++;
      else lost += line.lost.count;
    }
    expect(seen + lost).toBe(count);
    expect(lost).toBeGreaterThan(0);
    slow.socket.destroy();
  });

  it('a request for an unknown upgrade is refused', async () => {
    const machine = await serveApi(new FakeMachine(), { path: join(directory, 'other.api') });
    await expect(new ApiClient({ path: machine.path }).switch()).rejects.toEqual(fails('ERR_CTRL_IF_REQUEST'));
    await machine.close();
  });
});
