/** Event channels between three processes: the two that have one, and the controller that has only made it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { testsNative } from '../support/engines.ts';
import { PeerProcess, useProcesses } from './peer-process.ts';

useProcesses();

const script = { script: 'channels' } as const;
interface Code {
  code?: string;
}

/** A controller and its guests, as processes. */
async function domains(guestCount: number) {
  const controller = new PeerProcess('controller', 'e2e', 'native', script);
  await controller.heard('listening');
  const guests: PeerProcess[] = [];
  // One after the other, so that the first is domain 1.
  for (let i = 0; i < guestCount; i++) {
    const guest = new PeerProcess('guest', 'e2e', 'native', script);
    expect(await guest.heard('connected')).toMatchObject({ domid: i + 1 });
    guests.push(guest);
  }
  return { controller, guests };
}

async function call<T = Code>(peer: PeerProcess, method: string, ...args: unknown[]): Promise<T> {
  return peer.ask<T>('call', { method, args });
}

async function connect(controller: PeerProcess, a: number, b: number): Promise<[number, number]> {
  return (await call<{ ports: [number, number] }>(controller, 'connect', a, b)).ports;
}

/** Two guests and a channel between them. */
async function pair() {
  const { controller, guests } = await domains(2);
  const [a, b] = guests as [PeerProcess, PeerProcess];
  const [portA, portB] = await connect(controller, 1, 2);
  return { controller, a, b, portA, portB };
}

/** Waits until the end at `port` has no other end any more. */
async function unbound(peer: PeerProcess, port: number): Promise<void> {
  while ((await peer.ask<{ remote?: object }>('remote', { port })).remote !== undefined);
}

async function play(a: PeerProcess, portA: number, b: PeerProcess, portB: number, times: number): Promise<void> {
  await b.ask('play', { port: portB, times, serves: false });
  await a.ask('play', { port: portA, times, serves: true });
  await Promise.all([a.heard('played'), b.heard('played')]);
}

describe.runIf(testsNative)('an event', () => {
  it('goes from process to process while the controller is stopped', async () => {
    const { controller, a, b, portA, portB } = await pair();
    await controller.stop();
    await play(a, portA, b, portB, 500);
    // It had no part in that, and has missed nothing.
    controller.child.kill('SIGCONT');
    expect(await a.ask('serve', { ticks: 0, requests: 10 })).not.toHaveProperty('code');
  });

  it('waits for a process that is stopped, one event for any number', async () => {
    const { a, b, portA, portB } = await pair();
    await b.ask('listen', { port: portB });
    await b.stop();
    await a.ask('notifyOften', { port: portA, times: 10_000 });
    b.child.kill('SIGCONT');
    await b.heard('event');
    expect(await b.ask('count', { port: portB })).toMatchObject({ count: 1 });
    await a.ask('notifyOften', { port: portA, times: 1 });
    await b.heard('event');
    expect(await b.ask('count', { port: portB })).toMatchObject({ count: 2 });
  });

  it('is kept while its port is masked', async () => {
    const { a, b, portA, portB } = await pair();
    await b.ask('listen', { port: portB });
    await call(b, 'mask', portB);
    await a.ask('notifyOften', { port: portA, times: 3 });
    expect(await call(b, 'status', portB)).toMatchObject({ pending: true, masked: true });
    expect(await b.ask('count', { port: portB })).toMatchObject({ count: 0 });
    await call(b, 'unmask', portB);
    await b.heard('event');
    expect(await call(b, 'status', portB)).toMatchObject({ state: 'interdomain', pending: false, masked: false });
  });

  it('needs neither end to be a child of the other, nor the controller to have opened the channel', async () => {
    const { guests } = await domains(3);
    const [, b, c] = guests as [PeerProcess, PeerProcess, PeerProcess];
    const { port: portB } = await call<{ port: number }>(b, 'alloc', 3);
    expect(await call(c, 'bind', 2, 4000)).toMatchObject({ code: 'ERR_CTRL_IF_PORT_NOT_BOUND' });
    const bound = await call<{ port: number; remote: object }>(c, 'bind', 2, portB);
    expect(bound.remote).toEqual({ domid: 2, port: portB });
    await play(b, portB, c, bound.port, 100);
    await call(c, 'close', bound.port);
    await unbound(b, portB);
    expect(await call(b, 'notify', portB)).toMatchObject({ code: 'ERR_CTRL_IF_PORT_NOT_BOUND' });
    expect(await call(b, 'status', portB)).toMatchObject({ state: 'unbound', remote: 3 });
  });
});

describe.runIf(testsNative)('a domain that is killed', () => {
  it('is reported dead at the other end of its channels, and all others continue', async () => {
    const { controller, guests } = await domains(3);
    const [a, b, c] = guests as [PeerProcess, PeerProcess, PeerProcess];
    const [portA, portB] = await connect(controller, 1, 2);
    const [toC, ofC] = await connect(controller, 1, 3);
    await play(a, portA, b, portB, 20);
    await b.kill();
    await unbound(a, portA);
    expect(await call(a, 'notify', portA)).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    await play(a, toC, c, ofC, 100);
    expect(await call(controller, 'connect', 1, 2)).toMatchObject({ code: 'ERR_CTRL_IF_DOMAIN' });
    await call(a, 'close', portA);
    expect(await connect(controller, 1, 3)).toEqual([portA, ofC + 1]);
  });

  it('does not disturb a domain that notifies it before it learns of the death', async () => {
    const { controller, a, b, portA } = await pair();
    await controller.stop();
    await b.kill();
    expect(await a.ask('notifyOften', { port: portA, times: 1000 })).not.toHaveProperty('code');
    controller.child.kill('SIGCONT');
    await unbound(a, portA);
    expect(await call(a, 'notify', portA)).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
  });

  it('in the middle of its events stops no other domain, however often', { timeout: 60_000 }, async () => {
    const { controller, guests } = await domains(1);
    const [a] = guests as [PeerProcess];
    for (let round = 0; round < 8; round++) {
      const b = new PeerProcess('guest', 'e2e', 'native', script);
      const { domid } = (await b.heard('connected')) as unknown as { domid: number };
      const [portA, portB] = await connect(controller, 1, domid);
      await b.ask('play', { port: portB, times: 1e9, serves: false });
      await a.ask('play', { port: portA, times: 20 + 50 * round, serves: true });
      await a.heard('played');
      await b.kill();
      await unbound(a, portA);
      await call(a, 'close', portA);
    }
    expect(await a.ask('serve', { ticks: 1, requests: 10 })).not.toHaveProperty('code');
  });

  it("takes the channels along when it is the controller, each guest's with its own error", async () => {
    const { controller, a, b, portA, portB } = await pair();
    await play(a, portA, b, portB, 20);
    await controller.kill();
    await Promise.all([a.heard('closed'), b.heard('closed')]);
    expect(await call(a, 'notify', portA)).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    expect(await call(a, 'alloc', 2)).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
  });
});

describe.runIf(testsNative)('what cannot be', () => {
  it('is refused with its code, from process to process', async () => {
    const { controller, a, b, portA, portB } = await pair();
    const file = new PeerProcess('guest', 'e2e', 'file', script);
    await file.heard('connected');
    const refusals: [PeerProcess, string, unknown[], string][] = [
      [a, 'notify', [4096], 'ERR_CTRL_IF_PORT_RANGE'],
      [a, 'notify', [1], 'ERR_CTRL_IF_PORT_RANGE'],
      [a, 'notify', [99], 'ERR_CTRL_IF_PORT_NOT_BOUND'],
      [a, 'close', [99], 'ERR_CTRL_IF_PORT_NOT_BOUND'],
      [a, 'bind', [2, portB], 'ERR_CTRL_IF_PORT_NOT_BOUND'],
      [a, 'bind', [2, 77_777], 'ERR_CTRL_IF_PORT_RANGE'],
      [a, 'bind', [9, 5], 'ERR_CTRL_IF_DOMAIN'],
      [a, 'alloc', [9], 'ERR_CTRL_IF_DOMAIN'],
      [a, 'alloc', [3], 'ERR_CTRL_IF_DOMAIN'],
      [file, 'alloc', [1], 'ERR_CTRL_IF_ENGINE'],
      [controller, 'connect', [1, 3], 'ERR_CTRL_IF_DOMAIN'],
      [controller, 'connect', [1, 9], 'ERR_CTRL_IF_DOMAIN'],
    ];
    for (const [peer, method, args, code] of refusals) {
      expect(await call(peer, method, ...args), `${method}(${args})`).toMatchObject({ code });
    }
    const { port } = await call<{ port: number }>(a, 'alloc', 0);
    expect(await call(b, 'bind', 1, port)).toMatchObject({ code: 'ERR_CTRL_IF_PORT_OWNER' });
    await play(a, portA, b, portB, 20);
  });
});

describe.runIf(testsNative)('a process that rings without end', () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  it('does not stop the timers, links and channels of the domain that it floods', async () => {
    const { a, b, portA, portB } = await pair();
    const { number } = await b.ask<{ number: string }>('doorbell');
    const ringer = spawn('sh', ['-c', `exec cat /dev/zero > /proc/${b.child.pid}/fd/${number}`], { stdio: 'ignore' });
    started.push(ringer);
    expect(await b.ask('serve', { ticks: 50, requests: 500 })).toMatchObject({ ticked: expect.any(Number) });
    await play(a, portA, b, portB, 100);
    expect(ringer.exitCode).toBeNull();
    ringer.kill('SIGKILL');
    while (!(await b.ask<{ asleep: boolean }>('asleep')).asleep);
  });
});
