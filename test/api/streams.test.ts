import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ApiClient } from '../../lib/api/client.ts';
import type { ApiServer } from '../../lib/api/serve.ts';
import { type FakeConsole, FakeMachine, failed } from './fake-machine.ts';
import { ask, serverOf, useRuntimeDirectory } from './servers.ts';

useRuntimeDirectory();

/** More bytes than the ring, the history and all buffers between them hold. */
const MANY_BYTES = 8 << 20;
const CHUNK = 16 << 10;

/** Bytes that depend on their offset. */
function pattern(offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = ((offset + i) * 31 + ((offset + i) >> 8)) & 0xff;
  return bytes;
}

async function openConsole(): Promise<{
  ours: Duplex;
  machines: FakeConsole;
  server: ApiServer;
  machine: FakeMachine;
}> {
  const { machine, client, server } = await serverOf();
  await machine.create({ name: 'web' });
  const ours = await client.console('web');
  return { ours, machines: machine.consoles[0]!, server, machine };
}

async function say(console: FakeConsole, total: number): Promise<void> {
  for (let sent = 0; sent < total; sent += CHUNK) await console.say(pattern(sent, Math.min(CHUNK, total - sent)));
}

describe('a console', () => {
  it('delivers all output of the domain when its reader stops at any time', async () => {
    const { ours, machines } = await openConsole();
    const saying = say(machines, MANY_BYTES);
    let read = 0;
    for await (const chunk of ours as AsyncIterable<Buffer>) {
      expect(chunk.equals(pattern(read, chunk.length))).toBe(true);
      read += chunk.length;
      if (read >= MANY_BYTES) break;
    }
    await saying;
    expect(read).toBe(MANY_BYTES);
  });

  it('stops the domain while its reader stops, and resumes it with the reader', async () => {
    const { ours, machines, server } = await openConsole();
    ours.pause();
    let said = 0;
    let hasSaidAll = false;
    const saying = (async () => {
      for (; said < MANY_BYTES; said += CHUNK) await machines.say(pattern(said, CHUNK));
      hasSaidAll = true;
    })();
    // The buffers fill, and other clients are still served.
    let before = -1;
    while (before !== said) {
      before = said;
      for (let i = 0; i < 20; i++) expect((await ask(server, 'GET', '/domains')).status).toBe(200);
    }
    expect(hasSaidAll).toBe(false);
    let read = 0;
    ours.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    ours.resume();
    await saying;
    machines.hangUp();
    await once(ours, 'end');
    expect(read).toBe(MANY_BYTES);
  });

  it('delivers all input, and stops the client while the domain reads no input', async () => {
    const { ours, machines, server } = await openConsole();
    machines.isFull = true;
    let typed = 0;
    let isBlocked = false;
    const typing = (async () => {
      for (; typed < MANY_BYTES; typed += CHUNK) {
        isBlocked = !ours.write(pattern(typed, CHUNK));
        if (isBlocked) await once(ours, 'drain');
      }
      ours.end();
    })();
    let before = -1;
    while (before !== typed) {
      before = typed;
      for (let i = 0; i < 20; i++) expect((await ask(server, 'GET', '/domains')).status).toBe(200);
    }
    expect(isBlocked).toBe(true);
    expect(typed).toBeLessThan(MANY_BYTES);
    machines.go();
    await typing;
    await machines.typedSo(() => machines.typedBytes === MANY_BYTES);
    expect(Buffer.concat(machines.typed).equals(pattern(0, MANY_BYTES))).toBe(true);
  });

  it('still delivers output to a client that has ended its input', async () => {
    const { ours, machines } = await openConsole();
    ours.end('last words');
    await machines.typedSo(() => machines.typedBytes === 10);
    expect(Buffer.concat(machines.typed).toString()).toBe('last words');
    machines.push('an answer');
    const [answer] = await once(ours, 'data');
    expect(answer.toString()).toBe('an answer');
  });

  it('ends with the domain', async () => {
    const { ours, machines } = await openConsole();
    machines.push('bye');
    machines.hangUp();
    let output = '';
    for await (const chunk of ours) output += chunk;
    expect(output).toBe('bye');
    if (!ours.closed) await once(ours, 'close');
  });

  it('ends when it fails there', async () => {
    const { ours, machines } = await openConsole();
    machines.destroy(new Error('broken'));
    ours.on('error', () => {}).resume();
    await once(ours, 'close');
  });

  it('is closed when its client disconnects', async () => {
    const { ours, machines, server } = await openConsole();
    ours.destroy();
    await once(machines, 'close');
    expect((await ask(server, 'GET', '/domains')).status).toBe(200);
  });

  it('is closed when its client has disconnected before it was opened', async () => {
    const { machine, server } = await serverOf();
    await machine.create({ name: 'web' });
    let open = () => {};
    machine.gate = new Promise((resolve) => {
      open = resolve;
    });
    const socket = connect(server.path);
    socket.write(
      'GET /domains/web/console HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ctrl-if-console\r\n\r\n',
    );
    await machine.until(() => machine.asked.some(([what]) => what === 'console'));
    socket.destroy();
    await once(socket, 'close');
    open();
    await machine.until(() => machine.consoles.length === 1);
    const [console] = machine.consoles;
    console!.resume();
    if (!console!.closed) await once(console!, 'close');
  });

  it('delivers all input of a client that then disconnects', async () => {
    const { machine, server } = await serverOf();
    await machine.create({ name: 'web' });
    const socket = connect(server.path);
    socket.write(
      'GET /domains/web/console HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ctrl-if-console\r\n\r\n',
    );
    await machine.until(() => machine.consoles.length === 1);
    const console = machine.consoles[0]!;
    console.isFull = true;
    const bytes = pattern(0, 100_000);
    socket.end(bytes);
    await console.typedSo(() => console.typedBytes > 0);
    console.go();
    await once(console.resume(), 'close');
    expect(console.hasTypedAll).toBe(true);
    expect(Buffer.concat(console.typed).equals(bytes)).toBe(true);
    socket.destroy();
  });

  it('reads the bytes that follow the request in one piece', async () => {
    const { machine, server } = await serverOf();
    await machine.create({ name: 'web' });
    const socket = connect(server.path);
    socket.write(
      'GET /domains/1/console HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ctrl-if-console\r\n\r\nearly',
    );
    await machine.until(() => machine.consoles.length === 1);
    const console = machine.consoles[0]!;
    await console.typedSo(() => console.typedBytes === 5);
    expect(machine.asked.at(-1)).toEqual(['console', 1]);
    expect(Buffer.concat(console.typed).toString()).toBe('early');
    socket.destroy();
  });

  it('is refused with the error of the machine', async () => {
    const { machine, client } = await serverOf();
    await expect(client.console('nobody')).rejects.toMatchObject({ code: 'ERR_CTRL_IF_DOMAIN', subject: 'nobody' });
    machine.failure = failed('ERR_CTRL_IF_PEER_DIED', 'web');
    await expect(client.console('web')).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
  });

  it.each([
    ['another protocol', '/domains/web/console', 'websocket'],
    ['another route', '/domains', 'ctrl-if-console'],
    ['a name that is not encoded', '/domains/%zz/console', 'ctrl-if-console'],
  ])('is refused to %s', async (_, path, protocol) => {
    const { server } = await serverOf();
    const question = request({ socketPath: server.path, path, headers: { Connection: 'Upgrade', Upgrade: protocol } });
    question.end();
    const [response] = await once(question, 'response');
    expect(response.statusCode).toBe(400);
    response.resume();
  });
});

describe('events', () => {
  it('arrive one a line at each watcher', async () => {
    const { machine, client } = await serverOf();
    const watchers = [client.watch(), client.watch()].map((events) => events[Symbol.asyncIterator]());
    await machine.until(() => machine.watchers.size === 2);
    const event = { at: 1.5, kind: 'message' as const, from: 1, to: 0, name: 'CONSOLE_DATA', result: 'okay' };
    machine.happen(event);
    machine.happen({ ...event, at: 2 });
    for (const watcher of watchers) {
      expect(await watcher.next()).toEqual({ done: false, value: event });
      expect(await watcher.next()).toEqual({ done: false, value: { ...event, at: 2 } });
      await watcher.return!();
    }
  });

  it('end when their watcher disconnects', async () => {
    const { machine, client, server } = await serverOf();
    const events = client.watch()[Symbol.asyncIterator]();
    await machine.until(() => machine.watchers.size === 1);
    machine.happen({ at: 1, kind: 'domain', name: 'web' });
    await events.next();
    await events.return!();
    while (machine.watchers.size > 0) await ask(server, 'GET', '/domains');
  });

  it('are dropped and counted for a slow reader, and for no other', async () => {
    const { machine, client, server } = await serverOf();
    const [slow, fast] = [client.watch(), client.watch()].map((events) => events[Symbol.asyncIterator]());
    await machine.until(() => machine.watchers.size === 2);
    const name = 'x'.repeat(1000);
    const count = 20_000;
    let received = 0;
    for (let i = 0; i < count; i++) {
      machine.happen({ at: i, kind: 'message', name });
      if (i % 50 === 0) {
        // The fast watcher reads every event, the slow one none.
        while (received <= i) {
          expect((await fast!.next()).value).toEqual({ at: received, kind: 'message', name });
          received++;
        }
      }
    }
    expect((await ask(server, 'GET', '/domains')).status).toBe(200);
    let got = 0;
    let lost = 0;
    let last = -1;
    while (got + lost < count) {
      const { value } = await slow!.next();
      if (value.kind === 'lost') lost += value.count;
      else {
        expect(value.at).toBeGreaterThan(last);
        last = value.at;
        got++;
      }
    }
    expect(lost).toBeGreaterThan(0);
    expect(got + lost).toBe(count);
    await Promise.all([slow!.return!(), fast!.return!()]);
  });

  it('end with the API', async () => {
    const { machine, client, server } = await serverOf();
    const events = client.watch()[Symbol.asyncIterator]();
    await machine.until(() => machine.watchers.size === 1);
    const next = events.next();
    await server.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(machine.watchers.size).toBe(0);
  });

  it('of a machine that does not run reject', async () => {
    const client = new ApiClient({ path: '/nonexistent/x.api' });
    await expect(client.watch()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_NO_CONTROLLER',
    });
  });
});

describe('a client that disconnects in the middle of a request', () => {
  const CREATE = '{"name":"web"}';

  async function sendAndGo(server: ApiServer, text: string): Promise<void> {
    const socket: Socket = connect(server.path);
    await once(socket, 'connect');
    await new Promise((resolve) => socket.write(text, resolve));
    socket.destroy();
    await once(socket, 'close');
  }

  it.each([
    ['in its first line', 'POST /dom'],
    ['in its headers', 'POST /domains HTTP/1.1\r\nHost: x\r\nContent-'],
    ['in its body', `POST /domains HTTP/1.1\r\nHost: x\r\nContent-Length: ${CREATE.length}\r\n\r\n{"name":`],
  ])('%s starts no operation and disturbs no other client', async (_, text) => {
    const { machine, server } = await serverOf();
    for (let i = 0; i < 20; i++) await sendAndGo(server, text);
    expect((await ask(server, 'GET', '/domains')).body).toEqual([]);
    expect(machine.asked).toEqual([['list']]);
  });

  it('after its request is complete has the operation carried out', async () => {
    const { machine, server } = await serverOf();
    let open = () => {};
    machine.gate = new Promise((resolve) => {
      open = resolve;
    });
    const socket = connect(server.path);
    socket.write(`POST /domains HTTP/1.1\r\nHost: x\r\nContent-Length: ${CREATE.length}\r\n\r\n${CREATE}`);
    await machine.until(() => machine.asked.length === 1);
    socket.destroy();
    await once(socket, 'close');
    open();
    expect((await ask(server, 'GET', '/domains')).body).toMatchObject([{ name: 'web', state: 'running' }]);
  });
});

describe('a client that waits for a domain', () => {
  it('ends the wait at the machine when it aborts or disconnects', async () => {
    const { machine, server, client } = await serverOf();
    await machine.create({ name: 'web' });
    const abort = new AbortController();
    const waiting = client.wait('web', 'suspended', { signal: abort.signal });
    await machine.until(() => machine.waiting === 1);
    abort.abort('had enough');
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CTRL_IF_ABORTED', cause: 'had enough' });
    await machine.until(() => machine.waiting === 0);
    await expect(client.wait('web', 'suspended', { signal: abort.signal })).rejects.toMatchObject({
      code: 'ERR_CTRL_IF_ABORTED',
    });

    const socket = connect(server.path);
    socket.write('GET /domains/web/wait HTTP/1.1\r\nHost: x\r\n\r\n');
    await machine.until(() => machine.waiting === 1);
    socket.destroy();
    await machine.until(() => machine.waiting === 0);
    expect(machine.asked.filter(([what]) => what === 'wait')).toHaveLength(2);
  });
});

describe('a client that sends requests and never reads', () => {
  it('gets a bounded number of answers, and delays no other client', async () => {
    const { machine, server } = await serverOf();
    for (let i = 0; i < 200; i++) await machine.create({ name: `domain-${i}` });
    machine.asked.length = 0;
    const mute = connect(server.path);
    mute.pause();
    mute.write('GET /domains HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2000));
    await machine.until(() => machine.asked.length > 0);
    for (let i = 0; i < 20; i++) expect((await ask(server, 'GET', '/domains/1')).status).toBe(200);
    expect(machine.asked.filter(([what]) => what === 'list')).toHaveLength(1);
    mute.destroy();
  });
});

describe('the API closes', () => {
  it('and closes a console that is opened too late', async () => {
    const { machine, client, server } = await serverOf();
    await machine.create({ name: 'web' });
    let open = () => {};
    machine.gate = new Promise((resolve) => {
      open = resolve;
    });
    const refused = expect(client.console('web')).rejects.toMatchObject({ code: 'ERR_CTRL_IF_CLOSED' });
    await machine.until(() => machine.asked.some(([what]) => what === 'console'));
    await Promise.all([server.close(), refused]);
    open();
    await machine.until(() => machine.consoles.length === 1);
    const console = machine.consoles[0]!;
    if (!console.closed) await once(console, 'close');
  });

  it('and reports this to the clients that wait', async () => {
    const { machine, client, server } = await serverOf();
    await machine.create({ name: 'web' });
    const waiting = client.wait('web');
    waiting.catch(() => {});
    await machine.until(() => machine.asked.some(([what]) => what === 'wait'));
    await server.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CTRL_IF_CLOSED' });
    await expect(client.list()).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NO_CONTROLLER' });
  });

  it('although a console is open and a client never reads', async () => {
    const { ours, machines, server } = await openConsole();
    const gone = once(machines, 'close');
    const mute = connect(server.path);
    mute.write('GET /dom');
    await once(mute, 'connect');
    ours.on('error', () => {}).resume();
    const closed = once(ours, 'close');
    await Promise.all([server.close(), gone, closed]);
    mute.destroy();
  });
});

describe('a machine with 200 domains and 1,000 devices', () => {
  it('is listed completely', async () => {
    const machine = new FakeMachine();
    for (let i = 0; i < 200; i++) {
      const disks = [0, 1, 2].map((vdevice) => ({ target: '/img', vdevice }));
      await machine.create({ name: `domain-${i}`, disks, vifs: [{}], usbs: [{ path: '1-1' }] });
    }
    const { client } = await serverOf(machine);
    const domains = await client.list();
    expect(domains).toHaveLength(200);
    expect(domains.flatMap(({ devices }) => devices)).toHaveLength(1000);
  });
});
