import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { Controller, type CtrlIfError, type Domain, Guest } from '../../lib/index.ts';
import { createControlPage } from '../../lib/page/control-page.ts';
import { newPageName, unlinkPage } from '../../lib/page/name.ts';
import { processIdentity } from '../../lib/page/process-identity.ts';
import { connectGuest, listen, meet, pagesOf, seq, useRuntimeDirectory } from './meeting.ts';

const directory = useRuntimeDirectory();

const coded = (code: string) => expect.objectContaining({ name: 'CtrlIfError', code });

const announcement = (overrides: object = {}) => {
  const { pid, startTime } = processIdentity();
  return {
    announce: 2,
    page: newPageName(),
    nonce: '00'.repeat(16),
    pid,
    startTime: String(startTime),
    ...overrides,
  };
};

describe('meeting', () => {
  it('gives out domids from 1, to any number of guests', async () => {
    const controller = await listen();
    const guests = await Promise.all(Array.from({ length: 5 }, () => Guest.connect({ name: 'test' })));
    expect(guests.map(({ domid }) => domid).sort()).toEqual([1, 2, 3, 4, 5]);
    expect([...controller.domains.keys()].sort()).toEqual([1, 2, 3, 4, 5]);
    for (const domain of controller.domains.values()) expect(domain.pid).toBe(process.pid);
    await Promise.all(guests.map((guest) => guest.close()));
  });

  it('unlinks the page before the guest gets its welcome', async () => {
    await meet();
    expect(pagesOf(process.pid)).toEqual([]);
  });

  it('delivers every message to a receiver that is registered in the domain event', async () => {
    const controller = await listen();
    controller.once('domain', (domain) => domain.receive('SEQ', ({ n }) => ({ answer: n + 1 })));
    await using guest = await Guest.connect({ name: 'test', messages: [seq] });
    expect(await guest.request({ name: 'SEQ', n: 41 })).toEqual({ name: 'SEQ', n: 41, answer: 42 });
  });

  it('does not reuse a domid while other guests come and go', async () => {
    const { controller, guest, domain } = await meet();
    const gone = once(domain, 'close');
    await guest.close();
    await gone;
    expect(controller.domains.size).toBe(0);
    await using second = await Guest.connect({ name: 'test' });
    expect(second.domid).toBe(2);
  });

  it('rejects a guest without a controller, and leaves nothing', async () => {
    await expect(Guest.connect({ name: 'nobody' })).rejects.toEqual(coded('ERR_CTRL_IF_NO_CONTROLLER'));
    await expect(Guest.connect({ name: 'nobody' })).rejects.toThrow(/ctrl-if controller --name nobody/);
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it('refuses invalid names', async () => {
    for (const name of ['', 'a/b', '../x', '.hidden', 'x'.repeat(65), 'a b']) {
      await expect(Guest.connect({ name })).rejects.toEqual(coded('ERR_CTRL_IF_NAME'));
      await expect(Controller.listen({ name })).rejects.toEqual(coded('ERR_CTRL_IF_NAME'));
    }
  });

  it('refuses an unknown engine', async () => {
    await expect(Guest.connect({ name: 'x', engine: 'steam' as 'file' })).rejects.toEqual(coded('ERR_CTRL_IF_ENGINE'));
  });
});

describe('a name', () => {
  it("is one living controller's", async () => {
    await listen();
    await expect(Controller.listen({ name: 'test' })).rejects.toEqual(coded('ERR_CTRL_IF_NAME_IN_USE'));
    await using guest = await Guest.connect({ name: 'test' });
    expect(guest.domid).toBe(1);
  });

  it('goes to exactly one of many that want it at once', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => Controller.listen({ name: 'contended' })));
    const winners = results.filter((result) => result.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    await winners[0]!.value.close();
  });

  it('is taken over from a controller that was killed', async () => {
    // A SIGKILL leaves a socket file without a listener.
    const server = createServer().listen(join(directory.path, '.own'));
    await once(server, 'listening');
    const { linkSync } = await import('node:fs');
    linkSync(join(directory.path, '.own'), join(directory.path, 'test.sock'));
    server.close();
    await once(server, 'close');
    expect(existsSync(join(directory.path, 'test.sock'))).toBe(true);
    await expect(Guest.connect({ name: 'test' })).rejects.toEqual(coded('ERR_CTRL_IF_NO_CONTROLLER'));
    await meet();
  });

  it.each([
    ['calls process.exit()', 'process.exit(3)', 3],
    ['fails', "throw new Error('not caught')", 1],
    ['exits while it asks for the name', 'Controller.listen({ name: "second" }); process.exit(4)', 4],
  ])('is free again when a program with controllers %s', async (_, last, code) => {
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const many = 'for (let i = 0; i < 12; i++) await Controller.listen({ name: "c" + i });';
    const script = `import { Controller } from '${index}'; ${many} console.log('listening'); ${last};`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    expect(await once(child, 'exit')).toEqual([code, null]);
    const [stdout, stderr] = await said;
    expect(stdout).toBe('listening\n');
    expect(stderr).not.toContain('MaxListeners');
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it('is free again at once when its controller has closed', async () => {
    for (let i = 0; i < 5; i++) await (await Controller.listen({ name: 'again' })).close();
  });
});

describe('the runtime directory', () => {
  async function withDirectory(path: string, use: () => Promise<void>): Promise<void> {
    const before = process.env.CTRL_IF_RUNTIME_DIR;
    process.env.CTRL_IF_RUNTIME_DIR = path;
    try {
      await use();
    } finally {
      process.env.CTRL_IF_RUNTIME_DIR = before;
      rmSync(path, { recursive: true, force: true });
    }
  }

  it('is made for this user alone', async () => {
    const path = join(directory.path, 'made');
    await withDirectory(path, async () => {
      await (await Controller.listen({ name: 'x' })).close();
      const { statSync } = await import('node:fs');
      expect(statSync(path).mode & 0o777).toBe(0o700);
    });
  });

  it('is refused when others may enter, when it is a file, and when it is a link', async () => {
    const open = join(directory.path, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    const refused = coded('ERR_CTRL_IF_RUNTIME_DIRECTORY');
    await withDirectory(open, () => expect(Controller.listen()).rejects.toEqual(refused));
    const file = join(directory.path, 'file');
    writeFileSync(file, '');
    await withDirectory(file, () => expect(Guest.connect()).rejects.toEqual(refused));
    const link = join(directory.path, 'link');
    const target = join(directory.path, 'target');
    mkdirSync(target, { mode: 0o700 });
    symlinkSync(target, link);
    await withDirectory(link, () => expect(Controller.listen()).rejects.toEqual(refused));
    rmSync(target, { recursive: true });
  });

  it("is refused when its path leaves no room for a socket's", async () => {
    await withDirectory(join(directory.path, 'd'.repeat(120)), () =>
      expect(Controller.listen()).rejects.toEqual(coded('ERR_CTRL_IF_NAME')),
    );
  });
});

describe('a stranger on the socket', () => {
  /** Says `lines` to the controller called `test` and resolves with what it answers before it hangs up. */
  async function say(...lines: unknown[]): Promise<Record<string, unknown>> {
    const socket = connect(join(directory.path, 'test.sock'));
    for (const line of lines) socket.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    return JSON.parse(Buffer.concat(chunks).toString() || '{}');
  }

  it('is refused with a reason, and other guests are served', async () => {
    const controller = await listen();
    const refused: CtrlIfError[] = [];
    controller.on('refused', (error) => refused.push(error));
    for (const lines of [
      ['not json\n'],
      ['x'.repeat(5000)],
      ['[1,2]\n', '\n'],
      [{}],
      [announcement({ announce: 3 })],
      [announcement({ nonce: 'zz' })],
      [announcement({ pid: 'me' })],
      [announcement({ startTime: -1 })],
      [announcement({ page: '/etc.passwd' })],
      [announcement({ page: '/../../etc/passwd' })],
    ]) {
      expect(await say(...lines)).toMatchObject({ refused: 'ERR_CTRL_IF_HANDSHAKE' });
    }
    expect(await say(announcement(), { ready: true })).toMatchObject({ refused: 'ERR_CTRL_IF_PAGE_NOT_FOUND' });
    expect(refused).toHaveLength(11);
    await using guest = await Guest.connect({ name: 'test' });
    expect(guest.domid).toBe(1);
  });

  it('is refused when its page is not the one it announced, and the page is unlinked', async () => {
    await listen();
    const name = newPageName();
    const page = createControlPage(name, Buffer.alloc(16, 1), 'file');
    const wrong = announcement({ page: name, nonce: '02'.repeat(16) });
    expect(await say(wrong, { ready: true })).toMatchObject({ refused: 'ERR_CTRL_IF_PAGE_NONCE' });
    page.unmap();
    expect(pagesOf(process.pid)).toEqual([]);
  });

  it('has its page unlinked when it disconnects before it is ready', async () => {
    const controller = await listen();
    const name = newPageName();
    createControlPage(name, Buffer.alloc(16), 'file').unmap();
    const socket = connect(join(directory.path, 'test.sock'));
    socket.end(`${JSON.stringify(announcement({ page: name }))}\n`);
    await once(socket.resume(), 'close');
    // The controller has closed its half as well, and with it the page's name is gone.
    expect(pagesOf(process.pid)).toEqual([]);
    unlinkPage(name);
    expect(controller.domains.size).toBe(0);
  });

  it('does not become a domain by ringing without a line', async () => {
    const controller = await listen();
    const socket = connect(join(directory.path, 'test.sock'));
    socket.write(Buffer.alloc(100_000, 7));
    await using guest = await Guest.connect({ name: 'test' });
    expect(controller.domains.size).toBe(1);
    expect(guest.domid).toBe(1);
    socket.destroy();
  });

  it('in place of the controller is refused by the guest', async () => {
    for (const answer of ['nonsense\n', '{"welcome":9}\n', '{"welcome":1}\n', '']) {
      const server = createServer((socket) => socket.resume().end(answer)).listen(join(directory.path, 'fake.sock'));
      await once(server, 'listening');
      const code = answer === '' ? 'ERR_CTRL_IF_PEER_DIED' : 'ERR_CTRL_IF_HANDSHAKE';
      await expect(Guest.connect({ name: 'fake' })).rejects.toEqual(coded(code));
      server.close();
      await once(server, 'close');
    }
  });

  it('that never answers makes the guest time out', async () => {
    const sockets: { destroy(): void }[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(join(directory.path, 'mute.sock'));
    await once(server, 'listening');
    await expect(Guest.connect({ name: 'mute', timeout: 50 })).rejects.toEqual(coded('ERR_CTRL_IF_TIMEOUT'));
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
});

describe('the end', () => {
  it('rejects open requests, and the close event has no error', async () => {
    const { domain, guest } = await meet();
    domain.receive('SEQ', (_, request) => request.defer());
    const pending = guest.request({ name: 'SEQ', n: 1 });
    const rejected = expect(pending).rejects.toEqual(coded('ERR_CTRL_IF_PEER_CLOSED'));
    const told = once(guest, 'close');
    await domain.request({ name: 'SHUTDOWN_POWEROFF' });
    await domain.close();
    await rejected;
    expect(await told).toEqual([undefined]);
    await expect(guest.request({ name: 'SEQ', n: 2 })).rejects.toEqual(coded('ERR_CTRL_IF_PEER_CLOSED'));
    await expect(domain.request({ name: 'SEQ', n: 2 })).rejects.toEqual(coded('ERR_CTRL_IF_CLOSED'));
  });

  it('delivers what was sent before', async () => {
    const { domain, guest } = await meet();
    const seen: number[] = [];
    domain.receive('SEQ', ({ n }) => void seen.push(n));
    const gone = once(domain, 'close');
    for (let n = 0; n < 8; n++) guest.trySend({ name: 'SEQ', n });
    await guest.close();
    await gone;
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('may come from within a handler, whatever the link was doing', async () => {
    for (let round = 0; round < 20; round++) {
      const { domain, guest, controller } = await meet();
      const gone = Promise.all([once(domain, 'close'), once(guest, 'close')]);
      domain.receive('SEQ', () => void domain.close());
      guest.trySend({ name: 'SEQ', n: round });
      await gone;
      await controller.close();
    }
  });

  it('may be asked for any number of times', async () => {
    const { controller, guest } = await meet();
    await Promise.all([guest.close(), guest.close(), controller.close(), controller.close()]);
    await guest.close();
    await controller.close();
  });

  it('comes at the end of the block with await using', async () => {
    let arrived: Promise<Domain> | undefined;
    {
      await using controller = await Controller.listen({ name: 'block' });
      arrived = new Promise((resolve) => controller.once('domain', resolve));
      await using guest = await Guest.connect({ name: 'block' });
      expect(guest.domid).toBe(1);
    }
    await expect((await arrived).request({ name: 'SHUTDOWN_REBOOT' })).rejects.toEqual(
      coded('ERR_CTRL_IF_PEER_CLOSED'),
    );
  });

  it('comes with an error when the peer breaks the rules, for its own link only', async () => {
    const { controller, guest } = await meet();
    const name = newPageName();
    const nonce = Buffer.alloc(16, 3);
    const page = createControlPage(name, nonce, 'file');
    const arrival = once(controller, 'domain') as Promise<Domain[]>;
    const socket = connect(join(directory.path, 'test.sock')).resume();
    const present = announcement({ page: name, nonce: nonce.toString('hex') });
    socket.write(`${JSON.stringify(present)}\n${JSON.stringify({ ready: true })}\n`);
    const told = once((await arrival)[0]!, 'close');
    const hungUp = once(socket, 'close');
    page.store32(0, 9);
    // A file engine's index may be seen half-written, so that a lie must stand for a second before it counts as one.
    const ringing = setInterval(() => socket.write(Buffer.from([7])), 50);
    hungUp.then(() => clearInterval(ringing));
    expect((await told)[0]).toMatchObject({ code: 'ERR_CTRL_IF_PEER_INDEX', field: 'req_prod' });
    await hungUp;
    page.unmap();
    expect([...controller.domains.keys()]).toEqual([1]);
    expect((await guest.request({ name: 'SHUTDOWN_POWEROFF' })).name).toBe('SHUTDOWN_POWEROFF');
  });
});

describe('a handler that throws', () => {
  it('causes an error event, and its message is answered', async () => {
    const { domain, guest } = await meet();
    const heard = once(guest, 'error') as Promise<CtrlIfError[]>;
    guest.receive('MEM_REQUEST_SET', () => {
      throw new RangeError('no such memory');
    });
    expect(await domain.setMemoryTarget(1)).toMatchObject({ status: 1 });
    expect((await heard)[0]).toMatchObject({ code: 'ERR_CTRL_IF_HANDLER', cause: { message: 'no such memory' } });
  });
});

describe('typed helpers', () => {
  it('ask a guest to shut down, press a key, set memory and turn VCPUs', async () => {
    const { domain, guest } = await meet();
    const seen: unknown[] = [];
    for (const type of [6, 7, 10]) {
      guest.receive(type, (message) => {
        seen.push(message);
        if (message.name === 'VCPU_HOTPLUG_ON') return { status: 1 };
        return 'status' in message ? { status: 0 } : {};
      });
    }
    for (const reason of ['poweroff', 'reboot', 'suspend'] as const) await domain.shutdown(reason);
    await domain.sysrq('h');
    expect(await domain.setMemoryTarget(16_384)).toEqual({ name: 'MEM_REQUEST_SET', target: 16_384, status: 0 });
    expect(await domain.setVcpu(3, 'on')).toBe(true);
    expect(await domain.setVcpu(3, 'off')).toBe(false);
    expect(seen).toEqual([
      { name: 'SHUTDOWN_POWEROFF' },
      { name: 'SHUTDOWN_REBOOT' },
      { name: 'SHUTDOWN_SUSPEND' },
      { name: 'SHUTDOWN_SYSRQ', key: 'h' },
      { name: 'MEM_REQUEST_SET', target: 16_384, status: 0 },
      { name: 'VCPU_HOTPLUG_ON', vcpu: 3, status: 0 },
      { name: 'VCPU_HOTPLUG_OFF', vcpu: 3, status: 0 },
    ]);
  });
});

describe("a listener of 'domain' that throws", () => {
  it('is an uncaught exception, and the domain stays connected', async () => {
    const controller = await listen();
    controller.once('domain', () => {
      throw new Error('a listener that throws');
    });
    const listeners = process.rawListeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    try {
      const [[error], guest] = await Promise.all([once(process, 'uncaughtException'), connectGuest()]);
      expect(error).toMatchObject({ message: 'a listener that throws' });
      expect((await guest.request({ name: 'SHUTDOWN_POWEROFF' })).name).toBe('SHUTDOWN_POWEROFF');
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener as () => void);
    }
  });
});
