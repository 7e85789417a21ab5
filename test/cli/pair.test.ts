import { describe, expect, it } from 'vitest';
import { Controller, type Domain } from '../../lib/index.ts';
import { Cli, ENGINES, expectError, jsonLines, pagesOf, run, useRuntimeDirectory } from './cli.ts';

const runtimeDirectory = useRuntimeDirectory();

describe.each(ENGINES)('controller and guest, %s engine', (engine) => {
  it('exchange lines over their consoles and close in order on SIGTERM', async () => {
    const controller = new Cli(['controller', '--name', 'pair', '--engine', engine]);
    await controller.sees('stdout', new RegExp(`^controller pair listens, process \\d+, ${engine} engine`));
    const guest = new Cli(['guest', '--name', 'pair', '--engine', engine]);
    await guest.sees('stderr', new RegExp(`^domain 1 of controller pair, process \\d+, ${engine} engine$`, 'm'));
    await controller.sees('stdout', /^domain 1 connected, process \d+$/m);

    guest.type('Debian GNU/Linux 3.1\ncolou\x1b[31mred\n');
    await controller.sees('stdout', /^domain 1 \| Debian GNU\/Linux 3\.1\ndomain 1 \| colou\\x1b\[31mred$/m);
    controller.type('root\n');
    await guest.sees('stdout', /^root\n$/);

    const ended = await guest.kill('SIGTERM');
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: 'root\n' });
    await controller.sees('stdout', /^domain 1 closed$/m);
    expect(await controller.kill('SIGTERM')).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(runtimeDirectory()).not.toContain('pair.sock');
    expect([...pagesOf(controller.process.pid!), ...pagesOf(guest.process.pid!)]).toEqual([]);
  });

  it('carry more console data than fits in the ring, in order', async () => {
    const controller = new Cli(['controller', '--name', 'much', '--engine', engine, '--json']);
    await controller.sees('stdout', /listening/);
    const guest = new Cli(['guest', '--name', 'much', '--engine', engine]);
    await guest.sees('stderr', /^domain 1/);
    const text = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join('');
    controller.type(text);
    await guest.sees('stdout', /line 1999\n$/);
    expect(guest.stdout).toBe(text);
    expect((await controller.kill('SIGTERM')).code).toBe(0);
    expect((await guest.exited).code).toBe(0);
  });
});

describe('controller', () => {
  it('prints every event as JSON, one a line', async () => {
    const controller = new Cli(['controller', '--name', 'json', '--json']);
    await controller.sees('stdout', /listening/);
    const guest = new Cli(['guest', '--name', 'json', '--quiet']);
    await guest.sees('stderr', /^domain 1/);
    guest.type('hi\n');
    await controller.sees('stdout', /"console"/);
    await guest.kill('SIGINT');
    await controller.sees('stdout', /"close"/);
    const { code, stdout } = await controller.kill('SIGINT');
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([
      { event: 'listening', name: 'json' },
      { event: 'domain', domid: 1, pid: guest.process.pid },
      { event: 'console', domid: 1, data: '68690a' },
      { event: 'close', domid: 1 },
      { event: 'closed', name: 'json' },
    ]);
  });

  it('fails when its name is taken', async () => {
    const first = new Cli(['controller', '--name', 'taken']);
    await first.sees('stdout', /listens/);
    const { code, stderr } = await run(['controller', '--name', 'taken']);
    expectError(stderr, 'ERR_CTRL_IF_NAME_IN_USE');
    expect(code).toBe(1);
    expect((await first.kill('SIGINT')).code).toBe(0);
  });

  it('removes its name when its output is closed', async () => {
    const controller = new Cli(['controller', '--name', 'unread']);
    await controller.sees('stdout', /listens/);
    controller.process.stdout.destroy();
    const guest = new Cli(['guest', '--name', 'unread']);
    expect(await controller.exited).toMatchObject({ code: 0, stderr: '' });
    expect((await guest.exited).code).toBe(0);
    expect(runtimeDirectory()).not.toContain('unread.sock');
  });
});

describe('guest', () => {
  it('fails at once without a controller', async () => {
    const { code, stdout, stderr } = await run(['guest', '--name', 'absent']);
    expectError(stderr, 'ERR_CTRL_IF_NO_CONTROLLER');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('waits for a controller that is not running yet', async () => {
    const guest = new Cli(['guest', '--name', 'late', '--wait', '15']);
    const controller = new Cli(['controller', '--name', 'late']);
    await guest.sees('stderr', /^domain 1 of controller late/m);
    await controller.kill('SIGTERM');
    expect(await guest.exited).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/closed by controller late\n$/),
    });
  });

  it('stops waiting on SIGINT', async () => {
    const guest = new Cli(['guest', '--name', 'never', '--wait', '60']);
    await guest.sees('stderr', /waiting up to 60 s/);
    expect(await guest.kill('SIGINT')).toMatchObject({ code: 0, signal: null });
  });

  it('fails when the controller dies', async () => {
    const controller = new Cli(['controller', '--name', 'dies']);
    await controller.sees('stdout', /listens/);
    const guest = new Cli(['guest', '--name', 'dies']);
    await guest.sees('stderr', /^domain 1/);
    await controller.kill('SIGKILL');
    const { code, stderr } = await guest.exited;
    expectError(stderr, 'ERR_CTRL_IF_PEER_DIED');
    expect(code).toBe(1);
  });

  it.each([
    ['MEM_REQUEST_SET', { target: 0x1000, status: 9 }, { target: 0x1000, status: 0 }],
    ['VCPU_HOTPLUG_OFF', { vcpu: 1 }, { vcpu: 1, status: 1 }],
    ['BLKIF_BE_CREATE', { domid: 3, blkifHandle: 4, status: 9 }, { domid: 3, blkifHandle: 4, status: 0 }],
    ['NETIF_FE_DRIVER_STATUS', { status: 1, maxHandle: 9 }, { status: 1, maxHandle: 0 }],
    ['SHUTDOWN_SUSPEND', {}, {}],
    ['SHUTDOWN_SYSRQ', { key: 'h' }, { key: 'h' }],
  ])('prints %s and answers it', async (name, fields, answered) => {
    await withGuest(async (domain, guest) => {
      expect(await domain.request({ name, ...fields } as never)).toEqual({ name, ...answered });
      await guest.sees('stderr', new RegExp(`^domain 1 ${name} \\{`, 'm'));
    });
  });

  it('answers an unknown message with "not understood"', async () => {
    await withGuest(async (domain) => {
      const unknown = { name: 'UNKNOWN', type: 200, subtype: 1, data: new Uint8Array([1]) } as const;
      await expect(domain.request(unknown)).rejects.toMatchObject({ code: 'ERR_CTRL_IF_NOT_UNDERSTOOD' });
    });
  });

  it('powers off when asked, after it has answered', async () => {
    await withGuest(async (domain, guest) => {
      await domain.shutdown('reboot');
      await domain.shutdown('poweroff');
      const { code, stderr } = await guest.exited;
      expect(stderr).toMatch(/SHUTDOWN_REBOOT \{\}\n.*SHUTDOWN_POWEROFF \{\}\ndomain 1 powered off\n$/s);
      expect(code).toBe(0);
    });
  });

  it('prints every event as JSON on stdout', async () => {
    await withGuest(
      async (domain, guest) => {
        domain.console.write('hi');
        await guest.sees('stdout', /"console"/);
        await domain.sysrq('\x00');
        await domain.shutdown('poweroff');
        const { stdout, stderr } = await guest.exited;
        expect(stderr).toBe('');
        expect(jsonLines(stdout)).toMatchObject([
          { event: 'connected', domid: 1 },
          { event: 'console', domid: 1, data: '6869' },
          { event: 'message', domid: 1, message: { name: 'SHUTDOWN_SYSRQ', id: expect.any(Number), key: '\0' } },
          { event: 'message', domid: 1, message: { name: 'SHUTDOWN_POWEROFF' } },
          { event: 'closed', domid: 1, why: 'poweroff' },
        ]);
      },
      ['--json'],
    );
  });
});

/** Runs `talk` with a controller in this process and a connected `ctrl-if guest`. */
async function withGuest(
  talk: (domain: Domain, guest: Cli) => Promise<void>,
  options: readonly string[] = [],
): Promise<void> {
  const controller = await Controller.listen({ name: 'here', engine: 'file' });
  try {
    const connected = new Promise<Domain>((resolve) => controller.once('domain', resolve));
    const guest = new Cli(['guest', '--name', 'here', '--engine', 'file', ...options]);
    const domain = await connected;
    // The guest prints this after it has added its receivers.
    if (options.includes('--json')) await guest.sees('stdout', /"connected"/);
    else await guest.sees('stderr', /^domain 1 of/);
    await talk(domain, guest);
  } finally {
    await controller.close();
  }
}
