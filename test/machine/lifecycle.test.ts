import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CtrlIfErrorCode } from '../../lib/errors.ts';
import type { DomainConfig } from '../../lib/machine/operations.ts';
import { TestClock } from '../device/clock.ts';
import { Events, GUEST_COMMAND, isAlive, useMachines } from './machines.ts';

const start = useMachines();
const alone = { driver: false } as const;
const fails = (code: CtrlIfErrorCode, details: object = {}) => expect.objectContaining({ code, ...details });

/** Whether the process runs. An orphan that has ended stays as a zombie until init reaps it. */
function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '')[0] !== 'Z';
  } catch {
    return false;
  }
}

/** A guest's program that a test can remove and restore. */
function ownGuest(): { program: string; put: () => void; remove: () => void } {
  const home = mkdtempSync(join(tmpdir(), 'ctrl-if-gone-'));
  const program = join(home, 'guest');
  const put = () => {
    mkdirSync(home, { recursive: true });
    writeFileSync(program, `#!/bin/sh\nexec ${GUEST_COMMAND.join(' ')}\n`, { mode: 0o755 });
  };
  put();
  return { program, put, remove: () => rmSync(home, { recursive: true }) };
}

describe('create', () => {
  it('starts a process that connects and is listed', async () => {
    const machine = await start(alone);
    const info = await machine.create({ name: 'web', memory: 4, vcpus: 2, restart: 'never' });
    expect(info).toMatchObject({ name: 'web', domid: 1, state: 'running', vcpus: [true, true], restart: 'never' });
    expect(info).toMatchObject({ devices: [], restarts: 0, engine: 'native' });
    expect(isAlive(info.pid!)).toBe(true);
    expect(await machine.list()).toEqual([info]);
    expect(await machine.info(1)).toEqual(info);
    expect(await machine.destroy('web')).toMatchObject({ name: 'web', how: 'destroyed', signal: 'SIGKILL' });
    expect(isAlive(info.pid!)).toBe(false);
    expect(await machine.list()).toEqual([]);
  });

  it('refuses a second domain with the same name, and the first continues', async () => {
    const machine = await start(alone);
    const [first, second] = await Promise.allSettled([
      machine.create({ name: 'web' }),
      machine.create({ name: 'web' }),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ reason: { code: 'ERR_CTRL_IF_DOMAIN_EXISTS' } });
    expect(await machine.info('web')).toMatchObject({ state: 'running' });
  });

  it('starts its driver domain with the machine', async () => {
    const machine = await start();
    expect(await machine.list()).toMatchObject([{ name: 'driver', state: 'running', restart: 'always' }]);
  });

  it.each<[CtrlIfErrorCode, Partial<DomainConfig>, object?]>([
    ['ERR_CTRL_IF_COMMAND', { command: ['/no/such/program'] }, { subject: '/no/such/program' }],
    ['ERR_CTRL_IF_COMMAND', { command: ['/dev'] }],
    ['ERR_CTRL_IF_COMMAND', { command: ['a\0b'] }],
    ['ERR_CTRL_IF_COMMAND', { command: ['false'] }, { received: 'exited with 1' }],
    ['ERR_CTRL_IF_CONFIG', { command: [] }, { field: 'command' }],
    ['ERR_CTRL_IF_CONFIG', { name: 'a b' }, { field: 'name' }],
    ['ERR_CTRL_IF_CONFIG', { name: '17' }, { field: 'name' }],
    ['ERR_CTRL_IF_CONFIG', { memory: 0 }, { field: 'memory' }],
    ['ERR_CTRL_IF_CONFIG', { memory: 5000 }, { field: 'memory' }],
    ['ERR_CTRL_IF_CONFIG', { memory: 4, maxMemory: 4096 }, { field: 'memory' }],
    ['ERR_CTRL_IF_CONFIG', { memory: 8, maxMemory: 4 }, { field: 'maxMemory' }],
    ['ERR_CTRL_IF_CONFIG', { vcpus: 33 }, { field: 'vcpus' }],
    ['ERR_CTRL_IF_CONFIG', { vifs: [{ mac: '12' }] }, { field: 'mac' }],
    ['ERR_CTRL_IF_CONFIG', { usbs: [{ path: '1-1.1.1.1.1.1.1.1' }] }, { field: 'path' }],
    ['ERR_CTRL_IF_CONFIG', { disks: [{ target: 'x', vdevice: 65536 }] }, { field: 'vdevice' }],
  ])('fails with %s for %o and leaves nothing', async (code, config, details) => {
    const machine = await start(alone);
    await expect(machine.create({ name: 'bad', ...config })).rejects.toEqual(fails(code, details));
    expect(await machine.list()).toEqual([]);
  });

  it.each([
    ['before its process runs', false],
    ['before its process has connected', true],
  ])('rejects for a domain that is destroyed %s', async (_when, runs) => {
    const machine = await start(alone);
    const created = machine.create({ name: 'web', command: ['sleep', '60'] });
    const early = expect(created).rejects.toEqual(fails('ERR_CTRL_IF_DOMAIN_STATE', { received: 'destroyed' }));
    while (runs && (await machine.info('web')).pid === undefined) await turn();
    expect(await machine.info('web')).toMatchObject({ state: 'starting' });
    expect(await machine.destroy('web')).toMatchObject({ how: 'destroyed' });
    await early;
    expect(await machine.list()).toEqual([]);
  });

  it('reports to watchers why it failed', async () => {
    const machine = await start(alone);
    const reported = new Events(machine).domain('bad', 'crash');
    await expect(machine.create({ name: 'bad', command: ['/no/such/program'] })).rejects.toThrow('ENOENT');
    expect((await reported).says).toContain('"/no/such/program" cannot be run (ENOENT)');
  });

  it('recognizes its guest by the token, also behind other processes', async () => {
    const machine = await start(alone);
    const [node, program] = GUEST_COMMAND as [string, string];
    const info = await machine.create({ name: 'web', command: ['sh', '-c', `${node} ${program}; exit $?`] });
    expect(info.state).toBe('running');
    expect(await machine.shutdown('web', { reason: 'poweroff' })).toMatchObject({ how: 'poweroff', exitCode: 0 });
  });

  it('ends the guest behind other processes, also a stopped one', async () => {
    const machine = await start(alone);
    const [node, program] = GUEST_COMMAND as [string, string];
    const { pid } = await machine.create({ name: 'web', command: ['sh', '-c', `${node} ${program}; exit $?`] });
    const guest = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1'));
    process.kill(guest, 'SIGSTOP');
    try {
      expect(await machine.destroy('web')).toMatchObject({ how: 'destroyed', signal: 'SIGKILL' });
      const deadline = AbortSignal.timeout(5000);
      // Not a child of this process, so no event reports its end.
      while (isRunning(guest) && !deadline.aborted) await delay(5);
      expect(isRunning(guest)).toBe(false);
    } finally {
      if (isRunning(guest)) process.kill(guest, 'SIGKILL');
    }
  });

  it('lists the existing domains in the error for an unknown name', async () => {
    const machine = await start(alone);
    await machine.create({ name: 'web' });
    await expect(machine.info('db')).rejects.toEqual(fails('ERR_CTRL_IF_DOMAIN', { expected: 'one of web' }));
    await expect(machine.destroy(7)).rejects.toEqual(fails('ERR_CTRL_IF_DOMAIN'));
  });
});

describe('shutdown', () => {
  it('by poweroff ends the domain for good', async () => {
    const machine = await start(alone);
    await machine.create({ name: 'web' });
    const waiting = machine.wait('web');
    const end = await machine.shutdown('web', { reason: 'poweroff' });
    expect(end).toEqual({ name: 'web', how: 'poweroff', exitCode: 0, signal: null });
    expect(await waiting).toEqual(end);
    expect(await machine.list()).toEqual([]);
  });

  it('by reboot starts it again with a new domid and process, and the same console', async () => {
    const machine = await start(alone);
    const before = await machine.create({ name: 'web', minimumRestartSeconds: 0 });
    const console = await machine.console('web');
    let said = '';
    console.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const again = machine.wait('web', 'starting').then(() => machine.wait('web', 'running'));
    expect(await machine.shutdown('web', { reason: 'reboot' })).toMatchObject({ how: 'reboot', exitCode: 194 });
    expect(await again).toMatchObject({ restarts: 1, domid: 2 });
    expect((await machine.info('web')).pid).not.toBe(before.pid);
    while (!said.includes('web, domain 2')) await new Promise((resolve) => console.once('data', resolve));
    expect(said).toContain('web, domain 1');
  });

  it('that the guest ignores destroys the domain at the deadline', async () => {
    const machine = await start(alone);
    // A guest that acknowledges everything and does nothing.
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const script = `import { Guest } from '${index}'; const guest = await Guest.connect(); guest.receive('SHUTDOWN_POWEROFF', () => {}); guest.on('close', () => process.exit())`;
    const command = [process.execPath, '--input-type=module', '-e', script];
    await machine.create({ name: 'deaf', command, restart: 'always' });
    const end = await machine.shutdown('deaf', { reason: 'poweroff', timeout: 0.05 });
    expect(end).toMatchObject({ how: 'destroyed', signal: 'SIGKILL' });
    expect(await machine.list()).toEqual([]);
  });

  it('is refused for a domain that is already shutting down', async () => {
    const machine = await start(alone);
    await machine.create({ name: 'web' });
    const ending = machine.shutdown('web', { reason: 'poweroff' });
    await expect(machine.shutdown('web', { reason: 'poweroff' })).rejects.toEqual(
      fails('ERR_CTRL_IF_DOMAIN_STATE', { received: 'shutting-down' }),
    );
    await ending;
  });

  it('by another SysRq key rejects the call of `sysrq`', async () => {
    const machine = await start(alone);
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const script = `import { Guest } from '${index}'; const guest = await Guest.connect(); guest.receive('SHUTDOWN_SYSRQ', () => process.exit(1));`;
    await machine.create({ name: 'web', command: [process.execPath, '--input-type=module', '-e', script] });
    const end = machine.wait('web');
    await expect(machine.sysrq('web', 's')).rejects.toMatchObject({ code: 'ERR_CTRL_IF_PEER_DIED' });
    expect(await end).toMatchObject({ how: 'crash' });
  });

  it.each([
    ['b', 'reboot'],
    ['o', 'poweroff'],
    ['c', 'crash'],
  ])('by SysRq %s ends as %s', async (key, how) => {
    const machine = await start(alone);
    await machine.create({ name: 'web', restart: 'never' });
    const end = machine.wait('web');
    // The guest may end before it acknowledges the key.
    await machine.sysrq('web', key);
    expect(await end).toMatchObject({ how });
  });
});

describe('the restart policy', () => {
  it('always: after a crash, 20 s after its last start and not before', async () => {
    const clock = new TestClock();
    const machine = await start({ ...alone, clock });
    const { pid } = await machine.create({ name: 'web', restart: 'always' });
    clock.pass(5_000_000);
    const waiting = machine.wait('web', 'waiting');
    process.kill(pid!, 'SIGKILL');
    expect(await waiting).toMatchObject({ state: 'waiting', restarts: 0 });
    clock.pass(14_999_999);
    expect(await machine.info('web')).toMatchObject({ state: 'waiting', restarts: 0 });
    const running = machine.wait('web', 'running');
    clock.pass(1);
    expect(await running).toMatchObject({ restarts: 1 });
  });

  it('on-reboot: not after a crash', async () => {
    const machine = await start(alone);
    const { pid } = await machine.create({ name: 'web' });
    const end = machine.wait('web');
    process.kill(pid!, 'SIGSEGV');
    expect(await end).toMatchObject({ how: 'crash', signal: 'SIGSEGV' });
    expect(await machine.list()).toEqual([]);
  });

  it('reports the last words of a domain that crashed', async () => {
    const machine = await start(alone);
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const script = `import { Guest } from '${index}'; const guest = await Guest.connect(); guest.receive('SHUTDOWN_SYSRQ', () => { setImmediate(() => { throw new Error('boom'); }); });`;
    await machine.create({ name: 'web', command: [process.execPath, '--input-type=module', '-e', script] });
    const events = new Events(machine);
    const reported = events.domain('web', 'crash');
    const end = machine.wait('web');
    await machine.sysrq('web', 'x');
    expect(await end).toMatchObject({ how: 'crash', exitCode: 1, lastWords: expect.stringContaining('Error: boom') });
    expect((await reported).says).toContain('Error: boom');
  });

  it('on-reboot: a domain that cannot be started again is gone, with the reason', async () => {
    const machine = await start(alone);
    const guest = ownGuest();
    await machine.create({ name: 'web', command: [guest.program], minimumRestartSeconds: 0 });
    guest.remove();
    const gone = machine.wait('web', 'starting').then(() => machine.wait('web'));
    await machine.shutdown('web', { reason: 'reboot' });
    expect(await gone).toMatchObject({ how: 'crash', lastWords: expect.stringContaining('cannot be run (ENOENT)') });
    expect(await machine.list()).toEqual([]);
  });

  it('always: a domain that cannot be started now is tried again until it can', async () => {
    const machine = await start(alone);
    const guest = ownGuest();
    const { pid } = await machine.create({
      name: 'web',
      command: [guest.program],
      restart: 'always',
      minimumRestartSeconds: 0.1,
    });
    guest.remove();
    const events = new Events(machine);
    const failed = events.next(({ says = '' }) => says.includes('cannot be run (ENOENT)'));
    process.kill(pid!, 'SIGKILL');
    await failed;
    guest.put();
    await machine.wait('web', 'running');
    expect((await machine.info('web')).restarts).toBeGreaterThan(1);
    guest.remove();
  });

  it('never: not even after a reboot', async () => {
    const machine = await start(alone);
    await machine.create({ name: 'web', restart: 'never' });
    await machine.shutdown('web', { reason: 'reboot' });
    expect(await machine.list()).toEqual([]);
  });

  it('does not restart a domain that is destroyed while it waits', async () => {
    const machine = await start(alone);
    await machine.create({ name: 'web', restart: 'always' });
    await machine.shutdown('web', { reason: 'poweroff' });
    expect(await machine.info('web')).toMatchObject({ state: 'waiting' });
    expect(await machine.destroy('web')).toMatchObject({ how: 'destroyed' });
    expect(await machine.list()).toEqual([]);
  });
});

describe('VCPUs', () => {
  it('are turned off and on, with the result of each order', async () => {
    const machine = await start(alone);
    await machine.create({ name: 'web', vcpus: 3 });
    expect(await machine.vcpuSet('web', 2, false)).toEqual([true, true, false]);
    await expect(machine.vcpuSet('web', 0, false)).rejects.toEqual(fails('ERR_CTRL_IF_VCPU'));
    await expect(machine.vcpuSet('web', 3, true)).rejects.toEqual(fails('ERR_CTRL_IF_CONFIG', { field: 'vcpu' }));
    expect(await machine.info('web')).toMatchObject({ vcpus: [true, true, false] });
    expect(await machine.vcpuSet('web', 2, true)).toEqual([true, true, true]);
  });
});

describe('the console', () => {
  it('has the earlier output, and delivers input', async () => {
    const machine = await start(alone);
    await machine.create({ name: 'web' });
    const console = (await machine.console('web')).setEncoding('utf8');
    console.write('uptime\rdevices\rexit\r');
    let said = '';
    for await (const text of console) said += text;
    expect(said).toContain('web, domain 1');
    expect(said).toMatch(/uptime\r\n[\d.]+ s\r\n\$ devices\r\nnone\r\n\$ exit\r\npowering off/);
  });

  it('keeps the last 64 KiB for a late listener', async () => {
    const machine = await start(alone);
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const script = `import { Guest } from '${index}'; const guest = await Guest.connect(); for (let i = 0; i < 10_000; i++) if (!guest.console.write(String(i).padStart(9, '0') + '\\n')) await new Promise((r) => guest.console.once('drain', r)); guest.receive('SHUTDOWN_SYSRQ', () => {}); guest.console.end('that is all', () => guest.request({ name: 'BLKIF_FE_DRIVER_STATUS', status: 1 })); guest.on('close', () => process.exit())`;
    const written = new Events(machine).next(
      ({ name, result }) => name === 'BLKIF_FE_DRIVER_STATUS' && result === undefined,
    );
    await machine.create({ name: 'web', command: [process.execPath, '--input-type=module', '-e', script] });
    await written;
    const console = await machine.console('web');
    const chunks: Buffer[] = [];
    let bytes = 0;
    while (bytes < 65_536) {
      const chunk = (console.read() ??
        (await new Promise((resolve) => console.once('readable', () => resolve(console.read()))))) as Buffer | null;
      if (!chunk) continue;
      chunks.push(chunk);
      bytes += chunk.length;
    }
    const kept = Buffer.concat(chunks);
    expect(kept.length).toBe(65_536);
    expect(kept.toString().endsWith('000009999\nthat is all')).toBe(true);
  });

  it('delivers all bytes in both directions with a full ring and a slow reader', async () => {
    const machine = await start(alone);
    const index = new URL('../../dist/index.js', import.meta.url).href;
    const script = `import { Guest } from '${index}'; const guest = await Guest.connect(); guest.console.pipe(guest.console); guest.on('close', () => process.exit());`;
    await machine.create({ name: 'echo', command: [process.execPath, '--input-type=module', '-e', script] });
    const console = await machine.console('echo');
    const typed = Buffer.alloc(1 << 20);
    for (let i = 0; i < typed.length; i += 4) typed.writeUInt32LE(i, i);
    console.write(typed);
    const output: Buffer[] = [];
    for (let bytes = 0; bytes < typed.length; ) {
      const chunk: Buffer | null = console.read();
      // Now both rings and all buffers between them are full.
      if (!chunk) await once(console, 'readable');
      else {
        output.push(chunk);
        bytes += chunk.length;
      }
    }
    expect(Buffer.concat(output).equals(typed)).toBe(true);
  });

  it('has one listener, and the next one replaces it', async () => {
    const machine = await start(alone);
    await machine.create({ name: 'web' });
    const first = await machine.console('web');
    const ended = new Promise((resolve) => first.once('end', resolve));
    first.resume();
    const second = (await machine.console('web')).setEncoding('utf8');
    await ended;
    second.write('help\r');
    let said = '';
    second.on('data', (text: string) => {
      said += text;
    });
    while (!said.includes('power off')) await new Promise((resolve) => second.once('data', resolve));
  });
});

it('a guest that no machine has started is refused', async () => {
  const machine = await start(alone);
  const events = new Events(machine);
  const refused = events.next(({ result }) => result === 'not started by this machine');
  const { Guest } = await import('../../lib/index.ts');
  const guest = await Guest.connect({ name: 'lab' });
  await refused;
  await guest.close();
  expect(await machine.list()).toEqual([]);
});

it('a wait ends by its signal, and other waits continue', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web' });
  const abort = new AbortController();
  const given = ['running', 'suspended', undefined] as const;
  const [running, ...waiting] = given.map((state) => machine.wait('web', state, { signal: abort.signal }));
  expect(await running).toMatchObject({ state: 'running' });
  abort.abort('had enough');
  for (const each of [...waiting, machine.wait('web', undefined, { signal: abort.signal })]) {
    await expect(each).rejects.toEqual(fails('ERR_CTRL_IF_ABORTED', { cause: 'had enough' }));
  }
  const end = machine.wait('web', undefined, { signal: new AbortController().signal });
  await machine.destroy('web');
  expect(await end).toMatchObject({ how: 'destroyed' });
});
