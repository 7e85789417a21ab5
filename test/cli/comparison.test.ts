/** The comparison at the end of the demo, without the addon, because the demo is short then. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowedProcessors } from '../../lib/link/wait/processors.ts';
import { SEED_MESSAGES } from '../../lib/wire/index.ts';
import { Cli, expectError, packageWithoutAddon, run, useRuntimeDirectory } from './cli.ts';
import { expectNothingLeft, guestOf } from './second-process.ts';

const runtimeDirectory = useRuntimeDirectory();
const root = packageWithoutAddon();
/** In milliseconds: the deadline of the comparison, and the start of two processes on a busy machine. */
const DEADLINE = 30_000;

const OTHERS = ['pure JS', 'Unix socket', 'process.send'];
/** A ratio, or the reason why there is none. */
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

describe('the comparison', () => {
  it('follows the table of messages and the verdict, and gives the reason for a missing engine', {
    timeout: DEADLINE,
  }, async () => {
    const { code, stdout, stderr } = await run(['demo', '--messages'], { root });
    expect(stdout).toMatch(/^NAME +DIRECTION +BYTES +ROUND TRIP$/m);
    expect(stdout.match(/(controller → guest|guest → controller) +\d+ +[\d.]+ µs$/gm)).toHaveLength(
      expectedRows.length,
    );
    expect(stdout).toMatch(/^42 of 42 messages arrived identical, both ways checked$/m);
    for (const name of OTHERS) expect(stdout).toMatch(new RegExp(`^ {2}${name} +[\\d.]+ µs {2}.*(on|where) `, 'm'));
    expect(stdout).toMatch(/^ {2}native is not compared: the addon does not load/m);
    expect(stdout).toMatch(VERDICT);
    const report = stdout.slice(stdout.indexOf('Round trip of')).split('\n');
    expect(Math.max(...report.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain('\x1b');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(runtimeDirectory()).toEqual([]);
  });

  it('has every message and the placements in JSON', { timeout: DEADLINE }, async () => {
    const { ok, engine, messages, comparison }: Report = JSON.parse((await run(['demo', '--json'], { root })).stdout);
    expect({ ok, engine }).toEqual({ ok: true, engine: 'file' });
    expect(messages.map(({ name, direction }) => `${name} ${direction}`).sort()).toEqual(expectedRows.toSorted());
    for (const message of messages) {
      const { struct } = SEED_MESSAGES.find(({ name }) => name === message.name)!;
      expect(message).toMatchObject({ identical: true, bytes: struct.maxSize });
      expect(message.roundTripMicroseconds).toBeGreaterThan(0);
    }
    const { figures, rounds, reasons } = comparison;
    expect(comparison).toMatchObject({ fileMicroseconds: expect.any(Number), ratio: null });
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
    if (reasons.length > 0) expect(comparison).toMatchObject({ ratios: { unixSocket: null } });
  });

  it.runIf(hasTaskset)('reports that both processes share the only processor', { timeout: DEADLINE }, async () => {
    const [processor] = allowedProcessors({ pid: process.pid })!;
    const command = [process.execPath, join(root, 'dist/cli/main.js'), 'demo', '--json'];
    const { stdout } = spawnSync('taskset', ['-c', String(processor), ...command], { encoding: 'utf8' });
    const { comparison }: Report = JSON.parse(stdout);
    expect(comparison.whyNotPlaced).toBe('there is only one processor for both processes');
    expect(new Set(comparison.figures.map(({ placement }) => placement))).toEqual(new Set(['free']));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind on %s', { timeout: DEADLINE }, async (signal) => {
    const demo = new Cli(['demo'], { root });
    const guest = await guestOf(demo, runtimeDirectory);
    const { code, stderr } = await demo.kill(signal);
    expectError(stderr, 'ERR_CTRL_IF_ABORTED');
    expect(code).toBe(1);
    expectNothingLeft(demo, guest, runtimeDirectory);
  });

  it("fails when the guest's process is killed, and leaves nothing behind", { timeout: DEADLINE }, async () => {
    const demo = new Cli(['demo'], { root });
    const guest = await guestOf(demo, runtimeDirectory);
    process.kill(guest, 'SIGKILL');
    const { code, stderr } = await demo.exited;
    expectError(stderr, 'ERR_CTRL_IF_PEER_DIED');
    expect(code).toBe(1);
    expectNothingLeft(demo, guest, runtimeDirectory);
  });

  it('ends silently with exit code 1 when its output is closed', { timeout: DEADLINE }, async () => {
    const demo = new Cli(['demo'], { root });
    const guest = await guestOf(demo, runtimeDirectory);
    demo.process.stdout.destroy();
    expect(await demo.exited).toMatchObject({ code: 1, stderr: '' });
    expectNothingLeft(demo, guest, runtimeDirectory);
  });
});
