/** A console whose writer has said all: it ends when that is answered. */
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

it('ends with the answers of the guest that comes with ctrl-if, however often it is asked', async () => {
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

it('ends at once where nothing is written', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web' });
  const console = await machine.console('web', { linger: 3600 });
  console.end();
  expect(await text(console)).toMatch(/web, domain 1/);
});

it('waits for a guest that is stopped, and loses nothing of its answer', async () => {
  const machine = await start(alone);
  const { pid } = await machine.create({ name: 'web' });
  process.kill(pid!, 'SIGSTOP');
  try {
    const console = await machine.console('web', { linger: 0 });
    let isOver = false;
    const said = text(console).finally(() => (isOver = true));
    // More than the ring holds, so that some of it waits at the machine.
    console.end('uptime\n'.repeat(200));
    // A whole conversation with another domain goes by.
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

it('ends after the silence of a guest that does not say when it has answered', async () => {
  const clock = new TestClock();
  const machine = await start({ ...alone, clock });
  // It answers a line as often as it is told to.
  const command = own(`
    const guest = await Guest.connect();
    guest.receive('SHUTDOWN_SYSRQ', ({ key }) => void guest.console.write(key));
    guest.console.on('data', () => guest.console.write('heard'));`);
  await machine.create({ name: 'mute', command });
  const before = clock.waiting;
  const console = await machine.console('mute', { linger: 5 });
  const heard = listenTo(console);
  const over = once(console, 'end');
  console.end('x');
  await heard(/^heard$/);
  while (clock.waiting === before) await turn();
  clock.pass(4_999_999);
  await machine.sysrq('mute', '!');
  await heard(/^heard!$/);
  // The silence begins anew with each word.
  clock.pass(4_999_999);
  expect(console.readableEnded).toBe(false);
  clock.pass(1);
  await over;
  await heard(/^heard!$/);
});

it('ends when the domain does before it has answered', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web', restart: 'never' });
  const console = await machine.console('web', { linger: 3600 });
  console.end('uptime\nexit\nuptime\n');
  expect(await text(console)).toMatch(/[\d.]+ s\r\n\$ exit\r\npowering off\r\n/);
});

it('stays where nobody has asked it to linger', async () => {
  const machine = await start(alone);
  await machine.create({ name: 'web' });
  const console = await machine.console('web');
  const heard = listenTo(console);
  console.end('uptime\n');
  await heard(/uptime\r\n[\d.]+ s\r\n\$ $/);
  await machine.sysrq('web', 'h');
  await heard(/SysRq h/);
  console.destroy();
});

it('makes the example of the help end: echo uptime | ctrl-if console web', async () => {
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
  const told = new Events(machine).domain('web', 'poweroff');
  await stays.sees('stderr', /the console of domain web/);
  await machine.shutdown('web', { reason: 'poweroff' });
  await told;
  expect(await stays.exited).toMatchObject({ code: 0, stderr: expect.stringMatching(/has ended\n$/) });
});

/** Resolves when all that it has said so far is so. */
function listenTo(console: Duplex): (pattern: RegExp) => Promise<void> {
  let said = '';
  console.on('data', (data) => (said += data));
  return async (pattern) => {
    while (!pattern.test(said)) await once(console, 'data');
  };
}
