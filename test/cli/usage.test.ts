import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectError, run, useRuntimeDirectory } from './cli.ts';

useRuntimeDirectory();

const COMMANDS = [
  ...[
    'controller',
    'guest',
    'demo',
    'decode',
    'encode',
    'doctor',
    'machine',
    'create',
    'list',
    'info',
    'console',
    'events',
  ],
  ...['shutdown', 'reboot', 'suspend', 'resume', 'destroy', 'wait', 'sysrq', 'memory-set', 'vcpu-set'],
  ...['block-attach', 'block-detach', 'block-list', 'usb-attach', 'usb-detach', 'usb-list'],
  ...['network-attach', 'network-detach', 'network-list', 'network-limit'],
];

describe('help', () => {
  it('lists every command, with examples', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).toContain('Examples:');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each(COMMANDS)('of %s has examples', async (command) => {
    const { code, stdout, stderr } = await run([command, '--help']);
    expect(stdout).toMatch(new RegExp(`^Usage: ctrl-if ${command}`));
    expect(stdout).toMatch(new RegExp(`Examples:\n(.*ctrl-if ${command}.*\n)+`));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect((await run(['help', command])).stdout).toBe(stdout);
  });

  it('lists the commands in groups', async () => {
    const { stdout } = await run(['--help']);
    const groups = [...stdout.matchAll(/^(\S.*):$/gm)].map(([, group]) => group);
    expect(groups).toEqual([
      ...['Options', 'Links', 'A machine and its domains', 'Devices', 'Demo and checks'],
      ...['Examples', 'Environment'],
    ]);
  });

  it('is shown on stderr, with exit code 2, when no command is given', async () => {
    const { code, stdout, stderr } = await run([]);
    expect(stderr).toMatch(/^Usage: ctrl-if/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('has no colour on a pipe', async () => {
    expect((await run(['--help'])).stdout).not.toContain('\x1b');
  });
});

it('prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('wrong usage exits with 2 and names the help', () => {
  it.each([
    ['an unknown command', ['nonsense'], /unknown command 'nonsense'; see ctrl-if --help/],
    ['the command that doctor --exchange replaced', ['messages'], /unknown command 'messages'; see ctrl-if --help/],
    ['a misspelt command', ['decod'], /Did you mean decode\?/],
    ['an unknown option', ['demo', '--nonsense'], /unknown option '--nonsense'; see ctrl-if demo --help/],
    ['an argument too many', ['doctor', 'x'], /too many arguments.*see ctrl-if doctor --help/],
    ['an unknown engine', ['controller', '--engine', 'steam'], /native, file, auto/],
    ['an option without its value', ['guest', '--name'], /argument missing/],
    ['a time that is no number', ['guest', '--wait', 'long'], /number of seconds/],
    ['a negative time', ['guest', '--wait', '-1'], /number of seconds/],
  ])('%s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toMatch(sentence);
    expectError(stderr, 'ERR_CTRL_IF_USAGE');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it.each(['controller', 'guest'])('an invalid name for %s', async (command) => {
    const { code, stderr } = await run([command, '--name', '../x']);
    expectError(stderr, 'ERR_CTRL_IF_NAME');
    expect(code).toBe(2);
  });

  it.each(['controller', 'demo'])('an unknown engine in the environment, for %s', async (command) => {
    const { code, stderr } = await run([command], { env: { CTRL_IF_ENGINE: 'steam' } });
    expect(stderr).toContain('CTRL_IF_ENGINE is "steam"');
    expectError(stderr, 'ERR_CTRL_IF_ENGINE');
    expect(code).toBe(2);
  });
});
