import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { apiPath } from '../../lib/api/path.ts';
import { type ApiServer, serveApi } from '../../lib/api/serve.ts';
import { FakeMachine, failed } from '../api/fake-machine.ts';
import { unless } from '../support/skips.ts';
import { Cli, expectError, jsonLines, run, useRuntimeDirectory } from './cli.ts';

const leftBehind = useRuntimeDirectory();

let directory: string;
let machine: FakeMachine;
let server: ApiServer;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ctrl-if-configs-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

beforeEach(async () => {
  machine = new FakeMachine();
  server = await serveApi(machine, { path: apiPath('lab') });
  await machine.create({ name: 'web', memory: 8, maxMemory: 32, vcpus: 4, disks: [{ target: '/img', vdevice: 768 }] });
  machine.asked.length = 0;
});
afterEach(async () => {
  await server.close();
  expect(leftBehind()).toEqual([]);
});

function config(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const lab = (...args: string[]) => run([args[0]!, '--name', 'lab', ...args.slice(1)]);

describe('create', () => {
  it('takes a file, and options over it', async () => {
    const file = config('db.toml', 'name = "db"\nmemory = 16\n[[disks]]\ntarget = "/img/a"\nvdevice = 1\n');
    const outcome = await lab(
      'create',
      file,
      '--memory',
      '24',
      '--disk',
      'target=/img/b,c,vdevice=2,mode=r',
      '--vif',
      '',
    );
    expect(outcome).toMatchObject({ code: 0, stdout: 'domain db is running as domid 2, process 10001\n', stderr: '' });
    const disks = [
      { target: '/img/a', vdevice: 1 },
      { target: '/img/b,c', vdevice: 2, mode: 'r' },
    ];
    expect(machine.asked).toEqual([['create', { name: 'db', memory: 24, disks, vifs: [{}] }]]);
  });

  it('takes a JSON file', async () => {
    await lab('create', config('db.json', '{"name": "db", "command": ["a", "b"]}'));
    expect(machine.asked).toEqual([['create', { name: 'db', command: ['a', 'b'] }]]);
  });

  it('takes options alone, and the command after --', async () => {
    const options = ['--domain', 'db', '-m', '0x10', '--max-memory', '32', '-c', '2', '--usb', 'path=1-1,backend=7'];
    const vif = ['--vif', 'mac=00:16:3e:00:00:07,credit.bytes=10,credit.microseconds=20,backend=driver'];
    const more = ['--driver', '--restart', 'never', '--minimum-restart', '1.5', '--shutdown-timeout', '0'];
    const { code, stderr } = await lab('create', ...options, ...vif, ...more, '--', 'node', '--inspect', '--', '-x');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const credit = { bytes: 10, microseconds: 20 };
    expect(machine.asked).toEqual([
      [
        'create',
        {
          name: 'db',
          memory: 16,
          maxMemory: 32,
          vcpus: 2,
          usbs: [{ path: '1-1', backend: 7 }],
          vifs: [{ mac: '00:16:3e:00:00:07', credit, backend: 'driver' }],
          driver: true,
          restart: 'never',
          minimumRestartSeconds: 1.5,
          shutdownSeconds: 0,
          command: ['node', '--inspect', '--', '-x'],
        },
      ],
    ]);
  });

  it.each<[string, string[], RegExp]>([
    ['no name', ['--memory', '8'], /--domain: name is missing/],
    [
      'memory that is no number',
      ['--domain', 'a', '--memory', 'much'],
      /--memory: memory must be a whole number of MiB .* is "much"/,
    ],
    ['an unknown key of a disk', ['--domain', 'a', '--disk', 'target=/a,vdev=1'], /--disk: .*did you mean "vdevice"\?/],
    [
      'a key of the prototype',
      ['--domain', 'a', '--disk', 'target=/a,__proto__=1'],
      /--disk: there is no key "__proto__"/,
    ],
    ['a disk without keys', ['--domain', 'a', '--disk', '/img'], /--disk: "\/img" must be KEY=VALUE/],
    [
      'a maximum below the initial memory',
      ['--domain', 'a', '-m', '8', '--max-memory', '4'],
      /--max-memory: maxMemory must be at least/,
    ],
    ['a file that is not there', ['/nonexistent.toml'], /nonexistent\.toml cannot be read \(ENOENT\)/],
  ])('refuses %s with exit code 2', async (_, args, says) => {
    const { code, stdout, stderr } = await lab('create', ...args);
    expect(stderr).toMatch(says);
    expectError(stderr, 'ERR_CTRL_IF_CONFIG');
    expect({ code, stdout, asked: machine.asked }).toEqual({ code: 2, stdout: '', asked: [] });
  });

  it('names the line of a wrong key of the file, and the option of a wrong value beside it', async () => {
    const file = config('bad.toml', 'name = "db"\n\nmemroy = 16\n');
    const { code, stderr } = await lab('create', file, '--vcpus', '99');
    expect(stderr).toMatch(/bad\.toml:3: there is no key "memroy" in it; did you mean "memory"\?/);
    expect(stderr).toMatch(/--vcpus: vcpus must be a whole number from 1 to 32, and is 99/);
    expect(code).toBe(2);
  });

  it('prints every mistake of a file on its own line, and their number', async () => {
    const keys = Array.from({ length: 9 }, (_, i) => `wrong${i}`);
    const file = config('many.toml', `name = "db"\n${keys.map((key) => `${key} = 1\n`).join('')}`);
    const { code, stderr } = await lab('create', file);
    const [first, ...mistakes] = stderr.trimEnd().split('\n');
    expect(first).toBe('ctrl-if: the configuration has 9 mistakes (ERR_CTRL_IF_CONFIG)');
    expect(mistakes.map((line) => /^ {2}.*many\.toml:(\d+): there is no key "(\w+)"/.exec(line)?.slice(1))).toEqual(
      keys.map((key, i) => [String(i + 2), key]),
    );
    expect(code).toBe(2);
  });

  it('takes one file', async () => {
    const { code, stderr } = await lab('create', 'a.toml', 'b.toml');
    expectError(stderr, 'ERR_CTRL_IF_USAGE');
    expect(code).toBe(2);
  });
});

describe('each command runs its operation and prints the result', () => {
  const END = { name: 'web', how: 'poweroff', exitCode: 0, signal: null };
  it.each<[args: string[], asked: unknown[][], says: RegExp, json: unknown]>([
    [['list'], [['list']], /^NAME +DOMID .*\nweb +1 +running +8 +4\/4 +1 +0 +10000$/m, [{ name: 'web' }]],
    [
      ['info', 'web'],
      [['info', 'web']],
      /^memory +8 MiB of at most 32, .*[\s\S]*^block +0 +768 +connected +0 +1-2 +0$/m,
      { name: 'web' },
    ],
    [['shutdown', 'web'], [['shutdown', 'web', { reason: 'poweroff' }]], /^domain web has powered off$/m, END],
    [['shutdown', '1', '-t', '0'], [['shutdown', 1, { reason: 'poweroff', timeout: 0 }]], /powered off$/m, END],
    [
      ['reboot', 'web'],
      [['shutdown', 'web', { reason: 'reboot' }]],
      /^domain web has ended for a reboot$/m,
      { how: 'reboot' },
    ],
    [
      ['suspend', 'web', '--timeout', '2.5'],
      [['shutdown', 'web', { reason: 'suspend', timeout: 2.5 }]],
      /^domain web is suspended$/m,
      { how: 'suspend' },
    ],
    [['destroy', 'web'], [['destroy', 'web']], /^domain web was destroyed \(SIGKILL\)$/m, { how: 'destroyed' }],
    [
      ['wait', 'web', 'running'],
      [['wait', 'web', 'running']],
      /^domain web is running as domid 1$/m,
      { state: 'running' },
    ],
    [['sysrq', 'web', 's'], [['sysrq', 'web', 's']], /^SysRq s was sent to domain web$/m, { done: true }],
    [
      ['memory-set', 'web', '16'],
      [['memorySet', 'web', 16]],
      /^domain web has 16 MiB of at most 32$/m,
      { reached: 16 },
    ],
    [
      ['vcpu-set', 'web', '2'],
      [
        ['info', 'web'],
        ['vcpuSet', 'web', 2, false],
        ['vcpuSet', 'web', 3, false],
      ],
      /^domain web has 2\/4 VCPUs on$/m,
      [true, true, false, false],
    ],
    [
      ['block-attach', 'web', 'target=/img/b', 'vdevice=769', 'mode=r'],
      [['blockAttach', 'web', { target: '/img/b', vdevice: 769, mode: 'r' }]],
      /^block device 769 of domain web is connected, handle 1$/m,
      { class: 'block' },
    ],
    [['block-list', 'web'], [['devices', 'web', 'block']], /^CLASS .*\nblock +0 +768 /m, [{ id: '768' }]],
    [
      ['block-detach', 'web', '768'],
      [['blockDetach', 'web', 768]],
      /^block device 768 of domain web is detached$/m,
      { done: true },
    ],
    [
      ['network-attach', 'web'],
      [['networkAttach', 'web', {}]],
      /^network device 00:16:3e:00:00:02 of/m,
      { class: 'network' },
    ],
    [['network-list', 'web'], [['devices', 'web', 'network']], /^CLASS .*\n$/m, []],
    [
      ['network-limit', 'web', '0', 'bytes=10', 'microseconds=20'],
      [['networkLimit', 'web', 0, { bytes: 10, microseconds: 20 }]],
      /sends at most 10 bytes in 20 µs$/m,
      { done: true },
    ],
    [['network-limit', 'web', '0', 'none'], [['networkUnlimit', 'web', 0]], /has no limit$/m, { done: true }],
    [
      ['usb-attach', 'web', 'path=1-1'],
      [['usbAttach', 'web', { path: '1-1' }]],
      /^usb device 1-1 of domain web is connected/m,
      { id: '1-1' },
    ],
    [['usb-list', 'web'], [['devices', 'web', 'usb']], /^CLASS/m, []],
  ])('%j', async (args, asked, says, json) => {
    const outcome = await lab(...args);
    expect(outcome).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(says) });
    expect(machine.asked).toEqual(asked);
    // Again with --json, from the same state.
    machine.domains.length = 0;
    await machine.create({
      name: 'web',
      memory: 8,
      maxMemory: 32,
      vcpus: 4,
      disks: [{ target: '/img', vdevice: 768 }],
    });
    const forPrograms = await lab(...args, '--json');
    expect(forPrograms).toMatchObject({ code: 0, stderr: '' });
    expect(forPrograms.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(forPrograms.stdout)).toMatchObject(json as object);
  });

  it('network-detach and usb-detach and resume', async () => {
    await machine.networkAttach('web', {});
    await machine.usbAttach('web', { path: '1-1' });
    await machine.shutdown('web', { reason: 'suspend' });
    machine.asked.length = 0;
    expect(await lab('network-detach', 'web', '1')).toMatchObject({
      code: 0,
      stdout: 'network device 1 of domain web is detached\n',
    });
    expect(await lab('usb-detach', 'web', '1-1')).toMatchObject({
      code: 0,
      stdout: 'usb device 1-1 of domain web is detached\n',
    });
    expect(await lab('resume', '1')).toMatchObject({ code: 0, stdout: 'domain web is running as domid 1\n' });
    expect(machine.asked).toEqual([
      ['networkDetach', 'web', 1],
      ['usbDetach', 'web', '1-1'],
      ['resume', 1],
    ]);
  });

  it('wait, when the domain ends', async () => {
    const waiting = new Cli(['wait', '--name', 'lab', 'web']);
    await machine.until(() => machine.asked.length === 1);
    await machine.destroy('web');
    expect(await waiting.exited).toMatchObject({ code: 0, stdout: 'domain web was destroyed (SIGKILL)\n' });
  });
});

describe('a command that fails', () => {
  it.each<[string[], string, number]>([
    [['info', 'absent'], 'ERR_CTRL_IF_DOMAIN', 1],
    [['console', 'absent'], 'ERR_CTRL_IF_DOMAIN', 1],
    [['memory-set', 'web', '64'], 'ERR_CTRL_IF_DEVICE_REFUSED', 1],
    [['vcpu-set', 'web', '5'], 'ERR_CTRL_IF_CONFIG', 2],
    [['block-attach', 'web', 'target=/a', 'vdevice=768'], 'ERR_CTRL_IF_DEVICE_STATE', 1],
    [['block-attach', 'web', 'target=/a', 'device=768'], 'ERR_CTRL_IF_CONFIG', 2],
    [['block-attach', 'web'], 'ERR_CTRL_IF_USAGE', 2],
    [['memory-set', 'web', 'much'], 'ERR_CTRL_IF_USAGE', 2],
    [['wait', 'web', 'happy'], 'ERR_CTRL_IF_USAGE', 2],
    [['shutdown', 'web', '--timeout', '-1'], 'ERR_CTRL_IF_USAGE', 2],
    [['sysrq', 'web', 'ab'], 'ERR_CTRL_IF_CONFIG', 2],
    [['network-limit', 'web', '0', 'nothing'], 'ERR_CTRL_IF_CONFIG', 2],
  ])('%j prints %s, exit code %i', async (args, error, code) => {
    const outcome = await lab(...args);
    expectError(outcome.stderr, error);
    expect(outcome).toMatchObject({ code, stdout: '' });
  });

  it.each([
    [['memory-set', 'web', '0'], 'memory-set: target must be a whole number of MiB from 1 to 4096, and is 0'],
    [['sysrq', 'web', 'ab'], 'sysrq: key must be one character of ASCII, and is "ab"'],
    [['vcpu-set', 'web', '0'], 'domain web cannot have 0 VCPUs on; give a number from 1 to 4'],
    [['create', '/no/such.toml'], '/no/such.toml cannot be read (ENOENT); give the path of a file'],
  ])('%j names the mistake', async (args, sentence) => {
    const { code, stderr } = await lab(...args);
    expect(stderr).toBe(`ctrl-if: ${sentence} (ERR_CTRL_IF_CONFIG)\n`);
    expect(code).toBe(2);
  });

  it('because the machine fails prints the error of the machine', async () => {
    machine.failure = failed('ERR_CTRL_IF_PEER_DIED', 'the driver domain');
    const { code, stderr } = await lab('list');
    expect(stderr).toMatch(/the driver domain does not allow this/);
    expectError(stderr, 'ERR_CTRL_IF_PEER_DIED');
    expect(code).toBe(1);
  });

  it('because there is no machine advises how to start one', async () => {
    const { code, stderr } = await run(['list', '--name', 'absent']);
    expect(stderr).toContain('start one with ctrl-if machine');
    expectError(stderr, 'ERR_CTRL_IF_NO_CONTROLLER');
    expect(code).toBe(1);
  });
});

describe('events', () => {
  const CONNECT = {
    at: 1,
    kind: 'message',
    from: 1,
    to: 0,
    name: 'BLKIF_FE_INTERFACE_CONNECT',
    says: 'handle 0',
  } as const;
  const BORN = { at: 2, kind: 'domain', from: 2, name: 'db', result: 'running' } as const;
  const DEVICE = { at: 12.6, kind: 'device', from: 2, to: 1, name: 'block 0', result: 'CONNECTED' } as const;

  it.each<[string[], string]>([
    [[], '     1 ms  web → controller       BLKIF_FE_INTERFACE_CONNECT         handle 0\n'],
    [['--json'], `${JSON.stringify(CONNECT)}\n`],
  ])('%j are printed as they happen, a line each, with names of domains, until a signal', async (args, first) => {
    const cli = new Cli(['events', '--name', 'lab', ...args]);
    await machine.until(() => machine.watchers.size === 1 && machine.asked.length === 1);
    for (const event of [CONNECT, BORN, DEVICE]) machine.happen(event);
    const lines = [
      '     2 ms  db                     domain 2                           running',
      '    13 ms  db ↔ web               block 0                            CONNECTED',
    ];
    await cli.sees('stdout', /block 0.*\n/);
    const { code, stdout, stderr } = await cli.kill('SIGINT');
    const rest = args.length > 0 ? [BORN, DEVICE].map((event) => JSON.stringify(event)) : lines;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${first}${rest.join('\n')}\n`, stderr: '' });
  });

  it('end with the machine', async () => {
    const cli = new Cli(['events', '--name', 'lab']);
    await machine.until(() => machine.watchers.size === 1);
    machine.happen(BORN);
    await cli.sees('stdout', /running/);
    await server.close();
    expect(await cli.exited).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('console on pipes', () => {
  const MANY_BYTES = 1 << 20;

  it('passes every byte value both ways', async () => {
    const cli = new Cli(['console', '--name', 'lab', 'web']);
    cli.process.stdout.setEncoding('latin1');
    await machine.until(() => machine.consoles.length === 1);
    const console = machine.consoles[0]!;
    const bytes = Buffer.alloc(MANY_BYTES);
    for (let i = 0; i < MANY_BYTES; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
    cli.process.stdin.write(bytes);
    console.isFull = true;
    await console.typedSo(() => console.typedBytes > 0);
    console.go();
    for (let start = 0; start < MANY_BYTES; start += 4096) await console.say(bytes.subarray(start, start + 4096));
    await console.typedSo(() => console.typedBytes === MANY_BYTES);
    console.hangUp();
    const { code, stdout, stderr } = await cli.exited;
    expect(Buffer.concat(console.typed).equals(bytes)).toBe(true);
    expect(Buffer.from(stdout, 'latin1').equals(bytes)).toBe(true);
    expect(stderr).toBe('the console of domain web\nthe console of domain web has ended\n');
    expect(code).toBe(0);
  });

  it('ends when all of standard input is answered', async () => {
    const cli = new Cli(['console', '--name', 'lab', '--linger', '7.5', 'web']);
    cli.process.stdin.end('uptime\n');
    await machine.until(() => machine.consoles.length === 1);
    expect(machine.asked).toEqual([['console', 'web', { linger: 7.5 }]]);
    const console = machine.consoles[0]!;
    await console.typedSo(() => console.hasTypedAll);
    console.push('3 days');
    await cli.sees('stdout', /3 days/);
    console.hangUp();
    const { code, stdout, stderr } = await cli.exited;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '3 days' });
    expect(stderr).toBe('the console of domain web\nthe console of domain web was closed at the end of the input\n');
  });

  it('goes on with --stay at the end of its input, and ends at a signal', async () => {
    const cli = new Cli(['console', '--name', 'lab', '--stay', 'web']);
    cli.process.stdin.end('uptime\n');
    await machine.until(() => machine.consoles.length === 1);
    const console = machine.consoles[0]!;
    await console.typedSo(() => console.typedBytes === 7);
    console.push('3 days');
    await cli.sees('stdout', /3 days/);
    expect(await cli.kill('SIGINT')).toMatchObject({ code: 0, stdout: '3 days' });
    if (!console.closed) await new Promise((resolve) => console.once('close', resolve));
  });

  it('prints events as JSON', async () => {
    const cli = new Cli(['console', '--name', 'lab', '--json', 'web']);
    await machine.until(() => machine.consoles.length === 1);
    machine.consoles[0]!.push('hi');
    await cli.sees('stdout', /"event":"console","domain":"web","data":"6869"/);
    machine.consoles[0]!.hangUp();
    const { stdout } = await cli.exited;
    expect(jsonLines(stdout).map(({ event }) => event)).toEqual(['connected', 'console', 'closed']);
  });

  it('ends when the machine does', async () => {
    const cli = new Cli(['console', '--name', 'lab', 'web']);
    await cli.sees('stderr', /the console of domain web/);
    await server.close();
    const { code, stderr } = await cli.exited;
    expect(stderr).toMatch(/has ended$/m);
    expect(code).toBe(0);
  });
});

// `script` gives a command a real terminal. converse.test.ts has the same test with a fake one.
const hasScript = spawnSync('script', ['--version']).error === undefined;
describe.runIf(hasScript)(`console on a real terminal${unless(hasScript, 'script, of util-linux')}`, () => {
  it('is raw until Ctrl-]', async () => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const command = `${process.execPath} ${main} console --name lab web; echo left with $?; stty -a`;
    const terminal = spawn('script', ['--quiet', '--echo=always', '--command', command, '/dev/null']);
    let shown = '';
    const signal = AbortSignal.timeout(15_000);
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    const exited = once(terminal, 'close');
    try {
      await machine.until(() => machine.consoles.length === 1);
      const console = machine.consoles[0]!;
      while (!shown.includes('leaves it')) await once(terminal.stdout, 'data', { signal });
      // Without raw mode Ctrl-C and Ctrl-D would end the command, and \r would become \n.
      terminal.stdin.write('a\r\x03\x04b');
      await console.typedSo(() => console.typedBytes === 5);
      expect(Buffer.concat(console.typed).toString()).toBe('a\r\x03\x04b');
      console.push('from the guest');
      while (!shown.includes('from the guest')) await once(terminal.stdout, 'data', { signal });
      terminal.stdin.write('\x1d');
      while (!shown.includes('left with 0')) await once(terminal.stdout, 'data', { signal });
      terminal.stdin.end();
      await exited;
      expect(shown).toMatch(/\sicanon\s/);
      expect(shown).toMatch(/\sisig\s/);
    } finally {
      terminal.kill('SIGKILL');
      await exited;
    }
  });
});
