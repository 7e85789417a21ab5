import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { withDisks } from '../../lib/cli/demo-disks.ts';
import { TextReporter } from '../../lib/cli/demo-reporter.ts';
import { DISKS, DRIVER, Scenario } from '../../lib/cli/scenario.ts';
import { Timeline } from '../../lib/cli/timeline.ts';
import { Machine } from '../../lib/machine/machine.ts';
import { GUEST_COMMAND, isAlive } from '../machine/machines.ts';
import { Cli, ENGINES, expectError, packageWithoutAddon, pagesOf, run, useRuntimeDirectory } from './cli.ts';

const runtimeDirectory = useRuntimeDirectory();
const rootWithoutAddon = packageWithoutAddon();
/** In milliseconds. Each step has a deadline of its own. */
const DEADLINE = 60_000;
const STEPS = 6;

interface Line {
  event?: { kind: string; name: string; from?: number; to?: number; result?: string };
  step?: { title: string; happened: boolean; detail: string; code?: string };
  comparison?: object;
}

const started = { npm_config_user_agent: 'npm/11.0.0 node/v22.0.0', INIT_CWD: process.cwd() };
let temporary: string;

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'ctrl-if-cli-demo-'));
  process.env.TMPDIR = temporary;
});

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** A demo leaves no names and no files. */
function expectNothingLeft(): void {
  expect(runtimeDirectory()).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
}

/** Kills a stopped process if it still exists. */
function killed(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** The commands that the demo lists to try next. */
const commandsIn = (stdout: string) =>
  [...stdout.matchAll(/^ {2}npx ctrl-if (.+?) +#/gm)].map(([, command]) => command!);

describe.runIf(ENGINES.includes('native'))('demo', () => {
  it('introduces ctrl-if, prints a line for each step, and lists commands to try next', {
    timeout: DEADLINE,
  }, async () => {
    const { code, stdout, stderr } = await run(['demo'], { env: started });
    const [introduction, steps, comparison, next, ...rest] = stdout.split('\n\n');
    expect(introduction!.replaceAll('\n', ' ').match(/[^.]+(\.js)?[^.]*\.( |$)/g)).toHaveLength(3);
    expect(introduction).toMatch(/^ctrl-if connects Node.js processes/);
    expect(steps!.split('\n')).toHaveLength(STEPS);
    for (const line of steps!.split('\n')) expect(line).toMatch(/^ok +\d+ ms {2}.+: .+$/);
    expect(steps).toContain('two guests start: 6 devices connected, data passed both ways');
    expect(comparison).toMatch(/^Round trip of one small message and its answer:\n {2}native +[\d.]+ µs /);
    expect(next).toMatch(/^To try next:\n/);
    expect(commandsIn(stdout)).toEqual(['demo --messages', 'doctor --exchange', 'machine']);
    expect(rest).toEqual([]);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain('\x1b');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expectNothingLeft();
  });

  it('prints every message with --messages', { timeout: DEADLINE }, async () => {
    const { code, stdout } = await run(['demo', '--messages']);
    expect(stdout.match(/^ok +\d+ ms {2}/gm)).toHaveLength(STEPS);
    expect(stdout).toMatch(
      /^ +\d+ ms {2}controller → driver +BLKIF_BE_CONNECT +domid 2 blkifHandle 0 shmemFrame \d+ evtchn \d+$/m,
    );
    expect(stdout).toMatch(/^ +\d+ ms {2}driver → controller +BLKIF_BE_CONNECT +OKAY$/m);
    expect(code).toBe(0);
  });

  it('prints events, steps and the comparison as JSON', { timeout: DEADLINE }, async () => {
    const { code, stdout } = await run(['demo', '--json']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line): Line => JSON.parse(line));
    const steps = lines.flatMap(({ step }) => step ?? []);
    expect(steps.map(({ happened }) => happened)).toEqual(new Array(STEPS).fill(true));
    const ended = lines.flatMap(({ event }) =>
      event?.kind === 'domain' && event.result === 'poweroff' ? event.name : [],
    );
    expect(ended).toEqual(['web', 'db', 'driver']);
    const names = new Set(lines.flatMap(({ event }) => (event?.kind === 'message' ? event.name : [])));
    for (const name of [
      'BLKIF_BE_CREATE',
      'BLKIF_BE_VBD_CREATE',
      'BLKIF_FE_INTERFACE_CONNECT',
      'NETIF_BE_CREDITLIMIT',
      'USBIF_BE_CLAIM_PORT',
      'CONSOLE_DATA',
      'MEM_REQUEST_SET',
      'VCPU_HOTPLUG_OFF',
      'SHUTDOWN_POWEROFF',
    ]) {
      expect(names).toContain(name);
    }
    expect(lines.at(-1)!.comparison).toMatchObject({
      nativeMicroseconds: expect.any(Number),
      busy: expect.any(Boolean),
    });
    expect(code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves no domain behind on %s', { timeout: DEADLINE }, async (signal) => {
    const demo = new Cli(['demo', '--json']);
    await demo.sees('stdout', /"BLKIF_FE_INTERFACE_CONNECT"/);
    const { code } = await demo.kill(signal);
    expect(code).toBe(1);
    expectNothingLeft();
    expect(pagesOf(demo.process.pid!)).toEqual([]);
  });

  it('ends with exit code 1 at the first step that fails', { timeout: DEADLINE }, async () => {
    const demo = new Cli(['demo', '--json']);
    await demo.sees('stdout', /"event"/);
    // Stop the driver domain, which is the first child.
    const pid = demo.process.pid!;
    const [driver] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ');
    process.kill(Number(driver), 'SIGSTOP');
    onTestFinished(() => killed(Number(driver)));
    const { code, stdout, stderr } = await demo.exited;
    const { step } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Line;
    expect(step).toMatchObject({ title: 'two guests start', happened: false });
    expect(stderr).toMatch(
      /the demo ended at the step 'two guests start', which failed; run .+ doctor to check this machine/,
    );
    expectError(stderr, step!.code!);
    expect(code).toBe(1);
    expectNothingLeft();
  });

  it('prints the reason and the last messages of a step that fails', { timeout: DEADLINE }, async () => {
    const lines: string[] = [];
    const machine = await Machine.start({ name: 'demo-test', driver: DRIVER, guestCommand: GUEST_COMMAND });
    try {
      const timeline = new Timeline(await machine.list());
      const reporter = new TextReporter({ timeline, messages: false, print: (line) => lines.push(line) });
      // A stopped process has not ended, so the machine does not restart it.
      const crash = (pid: number) => {
        process.kill(pid, 'SIGSTOP');
        onTestFinished(() => killed(pid));
      };
      const steps = await withDisks(DISKS, (disks) => new Scenario({ machine, reporter, disks, crash }).run());
      expect(steps.map(({ happened }) => happened)).toEqual([true, false]);
    } finally {
      await machine.close();
    }
    const [first, second, empty, heading, ...tail] = lines;
    expect(first).toMatch(/^ok +\d+ ms {2}two guests start: 6 devices/);
    expect(second).toMatch(/^FAILED +\d+ ms {2}the driver domain is killed: no new driver domain within 5 s$/);
    expect(`${empty}${heading}`).toMatch(/the last \d+ messages before that, the newest last:$/);
    const messages = [heading, ...tail].filter((line) => /^ +\d+ ms {2}/.test(line!));
    expect(messages.length).toBeGreaterThan(0);
    expect(messages.length).toBeLessThanOrEqual(20);
    expectNothingLeft();
  });
});

it('without the addon, sends all messages in pure JS and gives the reason', { timeout: DEADLINE }, async () => {
  const { code, stdout, stderr } = await run(['demo'], { root: rootWithoutAddon, env: started });
  expect(stderr).toBe('');
  const [introduction, result, comparison] = stdout.split('\n\n');
  expect(introduction!.replaceAll('\n', ' ')).toMatch(
    /^ctrl-if connects .+ A machine needs the native engine, so this demo .+ in pure JS \(the addon does not load here: .+\), and then/,
  );
  expect(result).toBe('42 of 42 messages arrived identical, both ways checked');
  expect(comparison).toMatch(/^ {2}pure JS +[\d.]+ µs /m);
  expect(commandsIn(stdout)).toEqual(['doctor', 'doctor --exchange', 'controller']);
  expect(code).toBe(0);
});

it('without the addon, --messages prints a table of the messages', { timeout: DEADLINE }, async () => {
  const { stdout } = await run(['demo', '--messages'], { root: rootWithoutAddon });
  expect(stdout).toMatch(/^NAME +DIRECTION +BYTES +ROUND TRIP$/m);
});

it.each(['demo --messages', 'doctor --exchange', 'machine', 'doctor', 'controller'])(
  '%s is a command',
  async (command) => {
    expect(await run([...command.split(' '), '--help'])).toMatchObject({ code: 0 });
  },
);
