/** Guests and controllers in Deno and in Bun, with the native engine, against this process, which is Node. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Controller, type Domain, defineMessage, Guest, out, u32 } from '../../lib/index.ts';
import { testsNative } from '../support/engines.ts';
import { RUNTIMES, type Runtime } from '../support/runtimes.ts';

const SEQ = defineMessage({ name: 'SEQ', type: 42, payload: { n: u32, answer: out(u32) } });
const LOOK = defineMessage({ name: 'LOOK', type: 43, payload: { owner: u32, frame: u32, word: out(u32) } });
type User = typeof SEQ | typeof LOOK;
const SCRIPT = fileURLToPath(new URL('peers/runtime.mjs', import.meta.url));

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ctrl-if-runtimes-'));
  process.env.CTRL_IF_RUNTIME_DIR = directory;
});
afterAll(() => {
  delete process.env.CTRL_IF_RUNTIME_DIR;
  rmSync(directory, { recursive: true, force: true });
});

const open: { close(): Promise<void> }[] = [];
const running = new Set<Foreigner>();
afterEach(async () => {
  await Promise.all([...running].map((peer) => peer.kill()));
  await Promise.all(open.splice(0).map((end) => end.close()));
});

/** The end in the other runtime. */
class Foreigner {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly exited: Promise<{ code: number | null; signal: string | null; stderr: string }>;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  constructor({ command }: Runtime, role: string, name: string) {
    const [file, ...args] = command!;
    this.child = spawn(file!, [...args, SCRIPT, role, name], {
      env: { ...process.env, NO_COLOR: '1', DENO_DIR: join(directory, 'deno'), DENO_NO_UPDATE_CHECK: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.exited = once(this.child, 'close').then(([code, signal]) => {
      running.delete(this);
      return { code, signal, stderr: this.#stderr };
    });
  }

  async hears<T extends object>(is: string): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`it ended before it said "${is}": ${JSON.stringify(await this.exited)}`);
    const report = JSON.parse(value);
    expect(report).toMatchObject({ is });
    return report;
  }

  kill() {
    this.child.kill('SIGKILL');
    return this.exited;
  }
}

async function serve(name: string): Promise<{ arrival: Promise<Domain<User>> }> {
  const controller = await Controller.listen({ name, engine: 'native', messages: [SEQ, LOOK] });
  open.push(controller);
  const arrival = once(controller, 'domain').then(([domain]) => domain as Domain<User>);
  controller.on('domain', (domain) => domain.receive('SEQ', ({ n }) => ({ answer: ~n >>> 0 })));
  return { arrival };
}

async function askBack(end: { request(message: object): Promise<object> }): Promise<void> {
  for (let n = 0; n < 200; n++) expect(await end.request({ name: 'SEQ', n })).toMatchObject({ answer: ~n >>> 0 });
}

describe.each(RUNTIMES)('$name with the native engine', (runtime) => {
  const tests = it.runIf(testsNative && runtime.command !== undefined);

  tests('is a guest of a controller in Node, awake, asleep and blocking, with a memory', async () => {
    const { arrival } = await serve('runtimes');
    const guest = new Foreigner(runtime, 'guest', 'runtimes');
    const domain = await arrival;
    expect(await guest.hears('connected')).toMatchObject({ word: 7, channels: 'ERR_CTRL_IF_ENGINE' });
    expect(await guest.hears('done')).toMatchObject({
      engine: 'native',
      stats: { requestsSent: 540, responsesReceived: 540, inFlight: 0 },
    });
    await askBack(domain as never);
    await domain.close();
    await guest.hears('closed');
    expect(await guest.exited).toEqual({ code: 0, signal: null, stderr: '' });
  });

  tests('is a controller of a guest in Node, awake, asleep and blocking', async () => {
    const controller = new Foreigner(runtime, 'controller', 'runtimes');
    await controller.hears('listening');
    const guest = await Guest.connect({ name: 'runtimes', engine: 'native', messages: [SEQ] });
    open.push(guest);
    guest.receive('SEQ', ({ n }) => ({ answer: ~n >>> 0 }));
    expect(await controller.hears('done')).toMatchObject({
      engine: 'native',
      stats: { requestsSent: 540, responsesReceived: 540, inFlight: 0 },
    });
    await askBack(guest as never);
    await guest.close();
    await controller.hears('closed');
    expect(await controller.exited).toEqual({ code: 0, signal: null, stderr: '' });
    expect(readdirSync(directory).filter((name) => name.endsWith('.sock'))).toEqual([]);
  });

  tests('maps a frame of a guest in Node', async () => {
    const { arrival } = await serve('runtimes');
    const foreigner = new Foreigner(runtime, 'guest', 'runtimes');
    const domain = await arrival;
    await foreigner.hears('connected');
    await foreigner.hears('done');
    const owner = await Guest.connect({ name: 'runtimes', engine: 'native', memory: { frames: 16 } });
    open.push(owner);
    const frame = owner.memory.allocate();
    owner.memory.frame(frame).store32(0, 0x5a5a5a5a);
    owner.memory.grantAccess(frame, domain.domid);
    expect(await domain.request({ name: 'LOOK', owner: owner.domid, frame })).toMatchObject({ word: 0x5a5a5a5a });
    expect(owner.memory.isMapped(frame)).toBe(false);
    await domain.close();
    expect(await foreigner.exited).toMatchObject({ code: 0, stderr: '' });
  });

  tests('is known to have died when it is killed', async () => {
    const { arrival } = await serve('runtimes');
    const guest = new Foreigner(runtime, 'guest', 'runtimes');
    const closed = once(await arrival, 'close');
    await guest.hears('connected');
    await guest.kill();
    expect((await closed)[0]).toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
  });
});
