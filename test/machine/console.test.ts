/** A console with `linger` ends when all input is answered. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { apiPath } from '../../lib/api/path.ts';
import { serveApi } from '../../lib/api/serve.ts';
import { Cli, run } from '../cli/cli.ts';
import { TestClock } from '../device/clock.ts';
import { Events, useMachines } from './machines.ts';

const start = useMachines();
const alone = { driver: false } as const;
const index = new URL('../../dist/index.js', import.meta.url).href;
const own = (script: string) => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { Guest } from '${index}'; ${script}`,
];

it('ends after all answers of ctrl-if’s guest, in every round', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web' });
  for (let i = 0; i < 20; i++) {
    const console = await machine.console('web', { linger: 0 });
    console.end('uptime\nhelp\n');
    const said = await text(console);
    expect(said.endsWith('power off\r\n$ '), said).toBe(true);
    expect(said).toMatch(/uptime\r\n[\d.]+ s\r\n\$ help\r\n/);
  }
});

it('ends at once without input', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web' });
  const console = await machine.console('web', { linger: 3600 });
  console.end();
  expect(await text(console)).toMatch(/web, domain 1/);
});

it('waits for a stopped guest and delivers its whole answer', async () => {
  const machine = await start(alone);
  const { pid } = await machine.create({ name: 'web' });
  process.kill(pid!, 'SIGSTOP');
  try {
    const console = await machine.console('web', { linger: 0 });
    let isOver = false;
    const said = text(console).finally(() => (isOver = true));
    // More than the ring holds, so that a part waits at the machine.
    console.end('uptime\n'.repeat(200));
    // Another domain is used meanwhile.
    await machine.create({ name: 'other' });
    const others = await machine.console('other', { linger: 0 });
    others.end('uptime\n');
    await text(others);
    expect(isOver).toBe(false);
    process.kill(pid!, 'SIGCONT');
    expect((await said).match(/[\d.]+ s\r\n\$ /g)).toHaveLength(200);
  } finally {
    process.kill(pid!, 'SIGCONT');
  }
});

it('ends after the silence of a guest that does not report its answers', async () => {
  const clock = new TestClock();
  const machine = await start({ ...alone, clock });
  // The guest answers a line as many times as the line says.
  const command = own(`
    const guest = await Guest.connect();
    guest.receive('SHUTDOWN_SYSRQ', ({ key }) => void guest.console.write(key));
    guest.console.on('data', () => guest.console.write('heard'));`);
  await machine.create({ name: 'mute', command });
  const before = clock.waiting;
  const console = await machine.console('mute', { linger: 5 });
  const output = listenTo(console);
  const over = once(console, 'end');
  console.end('x');
  await output(/^heard$/);
  while (clock.waiting === before) await turn();
  clock.pass(4_999_999);
  await machine.sysrq('mute', '!');
  await output(/^heard!$/);
  // Each output restarts the time of silence.
  clock.pass(4_999_999);
  expect(console.readableEnded).toBe(false);
  clock.pass(1);
  await over;
  await output(/^heard!$/);
});

it('ends with a domain that ends before it has answered', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web', restart: 'never' });
  const console = await machine.console('web', { linger: 3600 });
  console.end('uptime\nexit\nuptime\n');
  expect(await text(console)).toMatch(/[\d.]+ s\r\n\$ exit\r\npowering off\r\n/);
});

it('stays open without `linger`', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web' });
  const console = await machine.console('web');
  const output = listenTo(console);
  console.end('uptime\n');
  await output(/uptime\r\n[\d.]+ s\r\n\$ $/);
  await machine.sysrq('web', 'h');
  await output(/SysRq h/);
  console.destroy();
});

it('ends the example of the help: echo uptime | ctrl-if console web', async () => {
  const machine = await start(alone);
  await using _server = await serveApi(machine, { path: apiPath('lab') });
  await machine.create({ name: 'web' });
  for (let i = 0; i < 5; i++) {
    const { code, stdout } = await run(['console', '--name', 'lab', 'web'], { input: 'uptime\n' });
    expect(stdout).toMatch(/uptime\r\n[\d.]+ s\r\n\$ $/);
    expect(code).toBe(0);
  }
  const stays = new Cli(['console', '--name', 'lab', '--stay', 'web']);
  stays.process.stdin.end();
  const reported = new Events(machine).domain('web', 'poweroff');
  await stays.sees('stderr', /the console of domain web/);
  await machine.shutdown('web', { reason: 'poweroff' });
  await reported;
  expect(await stays.exited).toMatchObject({ code: 0, stderr: expect.stringMatching(/has ended\n$/) });
});

/** Collects the output. The returned function resolves when all of it so far matches `pattern`. */
function listenTo(console: Duplex): (pattern: RegExp) => Promise<void> {
  let said = '';
  console.on('data', (data) => (said += data));
  return async (pattern) => {
    while (!pattern.test(said)) await once(console, 'data');
  };
}
