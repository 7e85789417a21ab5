import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allowedProcessors } from '../../lib/link/wait/processors.ts';
import { SEED_MESSAGES } from '../../lib/wire/index.ts';
import { Cli, ENGINES, expectError, packageWithoutAddon, pagesOf, run, useRuntimeDirectory } from './cli.ts';

const runtimeDirectory = useRuntimeDirectory();
const rootWithoutAddon = packageWithoutAddon();
/** Its own deadline and something for the start of two processes on a busy machine. */
const DEADLINE = 30_000;

const OTHERS = ['pure JS', 'Unix socket', 'process.send'];
/** A ratio, or why there is none. */
const VERDICT =
  /^((native|pure JS) is [\d.]+ × (faster|slower) than a Unix socket and [\d.]+ × (faster|slower) than process.send\.|(The machine is busy|The two sides did not stay awake), so these figures give no ratio: )/m;
const hasTaskset = spawnSync('taskset', ['--version']).status === 0;

const expectedRows = SEED_MESSAGES.flatMap(({ name, direction }) =>
  (direction === 'both' ? ['toGuest', 'toController'] : [direction]).map((way) => `${name} ${way}`),
);

interface Report {
  ok: boolean;
  engine: string;
  messages: { name: string; direction: string; bytes: number; roundTripMicroseconds: number; identical: boolean }[];
  comparison: {
    nativeMicroseconds: number | null;
    fileMicroseconds: number | null;
    ratio: number | null;
    rounds: number;
    busy: boolean;
    reasons: string[];
    whyNotPlaced?: string;
    figures: { name: string; placement: string; rounds: number[]; spread: number; counts: boolean }[];
    why?: string;
  };
}

describe('messages', () => {
  it.each(ENGINES)('brings all 42 messages across, %s engine', { timeout: DEADLINE }, async (engine) => {
    const { code, stdout, stderr } = await run(['messages', '--json', '--engine', engine]);
    const report: Report = JSON.parse(stdout);
    expect(report).toMatchObject({ ok: true, engine });
    expect(report.messages.map(({ name, direction }) => `${name} ${direction}`).sort()).toEqual(expectedRows.sort());
    for (const message of report.messages) {
      const { struct } = SEED_MESSAGES.find(({ name }) => name === message.name)!;
      expect(message).toMatchObject({ identical: true, bytes: struct.maxSize });
      expect(message.roundTripMicroseconds).toBeGreaterThan(0);
    }
    expect(report.comparison).toMatchObject({ [`${engine}Microseconds`]: expect.any(Number), ratio: null });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(runtimeDirectory()).toEqual([]);
  });

  it('prints a table, the verdict and the comparison', { timeout: DEADLINE }, async () => {
    const { code, stdout, stderr } = await run(['messages']);
    expect(stdout).toMatch(/^controller \(process \d+\) and guest \(process \d+\) share one page of 4096 bytes$/m);
    expect(stdout).toMatch(/^NAME +DIRECTION +BYTES +ROUND TRIP$/m);
    expect(stdout.match(/(controller → guest|guest → controller) +\d+ +[\d.]+ µs$/gm)).toHaveLength(
      expectedRows.length,
    );
    expect(stdout).toMatch(/^42 of 42 messages arrived identical, both ways checked$/m);
    const measured = ENGINES.includes('native') ? ['native', ...OTHERS] : OTHERS;
    for (const name of measured) expect(stdout).toMatch(new RegExp(`^ {2}${name} +[\\d.]+ µs {2}.*(on|where) `, 'm'));
    if (!ENGINES.includes('native')) expect(stdout).toMatch(/^ {2}native is not compared: /m);
    expect(stdout).toMatch(VERDICT);
    const report = stdout.slice(stdout.indexOf('Round trip of')).split('\n');
    expect(Math.max(...report.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain('\x1b');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('runs in pure JS without the addon, and says so', { timeout: DEADLINE }, async () => {
    const { code, stdout, stderr } = await run(['messages'], { root: rootWithoutAddon });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^pure-JS engine \(file\): the addon does not load here: .+$/m);
    expect(stdout).toMatch(/^42 of 42 messages arrived identical/m);
    expect(stdout).toMatch(/^ {2}pure JS +[\d.]+ µs {2}/m);
    expect(stdout).toMatch(/^ {2}native is not compared: the addon does not load/m);
    expect(stdout).toMatch(VERDICT);
    expect(code).toBe(0);
  });

  it('measures where the two processes run, and says so in JSON', { timeout: DEADLINE }, async () => {
    const { comparison }: Report = JSON.parse((await run(['messages', '--json'])).stdout);
    const { figures, rounds, reasons } = comparison;
    for (const figure of figures) {
      expect(figure.rounds).toHaveLength(rounds);
      expect(figure.spread).toBeGreaterThanOrEqual(1);
    }
    const tried = (name: string) => figures.flatMap((figure) => (figure.name === name ? figure.placement : []));
    expect(tried('unixSocket')).toEqual(comparison.whyNotPlaced ? ['free'] : ['apart', 'together']);
    expect(tried('file')).toEqual(comparison.whyNotPlaced ? ['free'] : ['apart']);
    for (const name of new Set(figures.map((figure) => figure.name)))
      expect(figures.filter((figure) => figure.name === name && figure.counts)).toHaveLength(1);
    if (comparison.busy) expect(reasons).not.toEqual([]);
    if (reasons.length > 0) expect(comparison).toMatchObject({ ratio: null, ratios: { unixSocket: null } });
  });

  it.runIf(hasTaskset)('says so where both processes must share one processor', { timeout: DEADLINE }, async () => {
    const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const pinned = spawnSync('taskset', [
      '-c',
      String(allowedProcessors({ pid: process.pid })![0]),
      process.execPath,
      cli,
      'messages',
      '--json',
    ]);
    const { comparison }: Report = JSON.parse(String(pinned.stdout));
    expect(comparison.whyNotPlaced).toBe('there is only one processor for both processes');
    expect(new Set(comparison.figures.map(({ placement }) => placement))).toEqual(new Set(['free']));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind on %s', { timeout: DEADLINE }, async (signal) => {
    const messages = new Cli(['messages']);
    const guest = await guestOf(messages);
    const { code, stderr } = await messages.kill(signal);
    expectError(stderr, 'ERR_CTRL_IF_ABORTED');
    expect(code).toBe(1);
    expectNothingLeft(messages, guest);
  });

  it("fails when the guest's process is killed, and leaves nothing behind", { timeout: DEADLINE }, async () => {
    const messages = new Cli(['messages']);
    const guest = await guestOf(messages);
    process.kill(guest, 'SIGKILL');
    const { code, stderr } = await messages.exited;
    expectError(stderr, 'ERR_CTRL_IF_PEER_DIED');
    expect(code).toBe(1);
    expectNothingLeft(messages, guest);
  });

  it('ends without a word when nobody reads on, and does not claim success', { timeout: DEADLINE }, async () => {
    const messages = new Cli(['messages']);
    const guest = await guestOf(messages);
    messages.process.stdout.destroy();
    expect(await messages.exited).toMatchObject({ code: 1, stderr: '' });
    expectNothingLeft(messages, guest);
  });
});

/** The process id of its guest, once they are linked. */
async function guestOf(messages: Cli): Promise<number> {
  return Number((await messages.sees('stdout', /guest \(process (\d+)\)/))[1]);
}

function expectNothingLeft(messages: Cli, guest: number): void {
  expect(runtimeDirectory()).toEqual([]);
  expect([...pagesOf(messages.process.pid!), ...pagesOf(guest)]).toEqual([]);
  expect(() => process.kill(guest, 0)).toThrow('ESRCH');
}
