import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cli, ENGINES, packageWithoutAddon, run, useRuntimeDirectory } from './cli.ts';
import { expectNothingLeft, guestOf } from './second-process.ts';

const runtimeDirectory = useRuntimeDirectory();

interface Report {
  ok: boolean;
  engine: string | null;
  checks: { check: string; status: 'ok' | 'warn' | 'fail'; found: string; advice?: string; figures?: object }[];
}

/** Without the addon, doctor warns that only the file engine is left. */
const fileIsFine = ENGINES.includes('native') ? 'ok' : 'warn';

const statuses = ({ checks }: Report) => Object.fromEntries(checks.map(({ check, status }) => [check, status]));

describe('doctor', () => {
  it.each(ENGINES)('finds that links work with the %s engine, and leaves nothing behind', async (engine) => {
    const { code, stdout, stderr } = await run(['doctor', '--json'], { env: { CTRL_IF_ENGINE: engine } });
    const report: Report = JSON.parse(stdout);
    expect(report).toMatchObject({ ok: true, engine });
    expect(statuses(report)).toMatchObject({
      engine: engine === 'file' ? fileIsFine : 'ok',
      [`${engine} page`]: 'ok',
      link: 'ok',
    });
    expect(report.checks.map(({ check }) => check)).toEqual([
      'node',
      'engine',
      'addon',
      'page size',
      'shared memory',
      'runtime directory',
      'native page',
      'file page',
      'link',
      'processors',
    ]);
    for (const { status, advice } of report.checks) expect(advice !== undefined).toBe(status !== 'ok');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(runtimeDirectory()).toEqual([]);
  });

  it('prints a table for people, without colour on a pipe', async () => {
    const { code, stdout } = await run(['doctor'], { env: { CTRL_IF_ENGINE: 'file' } });
    expect(stdout).toMatch(new RegExp(`^${fileIsFine.padEnd(4)}  engine +file: CTRL_IF_ENGINE asks for it$`, 'm'));
    expect(stdout).toMatch(/links work here/);
    expect(stdout).not.toContain('\x1b');
    expect(code).toBe(0);
  });

  it('fails on an unknown engine', async () => {
    const { code, stdout } = await run(['doctor', '--json'], { env: { CTRL_IF_ENGINE: 'steam' } });
    const report: Report = JSON.parse(stdout);
    expect(report).toMatchObject({ ok: false, engine: null });
    expect(statuses(report)).toMatchObject({ engine: 'fail' });
    expect(code).toBe(1);
  });

  it('fails on a runtime directory that other users can read, with advice', async () => {
    const open = mkdtempSync(join(tmpdir(), 'ctrl-if-open-'));
    try {
      chmodSync(open, 0o755);
      const { code, stdout } = await run(['doctor', '--json'], { env: { CTRL_IF_RUNTIME_DIR: open } });
      const { checks }: Report = JSON.parse(stdout);
      expect(checks.find(({ check }) => check === 'runtime directory')).toMatchObject({
        status: 'fail',
        found: expect.stringContaining('mode 755'),
        advice: expect.stringContaining('CTRL_IF_RUNTIME_DIR'),
      });
      expect(code).toBe(1);
    } finally {
      rmSync(open, { recursive: true });
    }
  });

  it.each(ENGINES)('--exchange sends all messages between two processes, %s engine', async (engine) => {
    const { code, stdout, stderr } = await run(['doctor', '--exchange', '--json'], { env: { CTRL_IF_ENGINE: engine } });
    const report: Report = JSON.parse(stdout);
    expect(report.checks.at(-1)).toMatchObject({
      check: 'exchange',
      status: 'ok',
      found: expect.stringMatching(
        /^42 of 42 messages arrived identical, both ways checked, between two processes; a request takes [\d.]+ µs \(/,
      ),
      figures: { messages: 42, identical: 42, microseconds: expect.any(Number) },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(runtimeDirectory()).toEqual([]);
  });

  it('--exchange reports a second process that is killed, and leaves nothing behind', async () => {
    const doctor = new Cli(['doctor', '--exchange', '--json']);
    const guest = await guestOf(doctor, runtimeDirectory);
    process.kill(guest, 'SIGKILL');
    const { code, stdout } = await doctor.exited;
    expect((JSON.parse(stdout) as Report).checks.at(-1)).toMatchObject({
      check: 'exchange',
      status: 'fail',
      found: expect.stringContaining(
        "the guest's process was ended by SIGKILL before it was done (ERR_CTRL_IF_PEER_DIED)",
      ),
      advice: 'run ctrl-if doctor',
    });
    expect(code).toBe(1);
    expectNothingLeft(doctor, guest, runtimeDirectory);
  });

  describe('without the addon', () => {
    const root = packageWithoutAddon();

    it('finds that links work in pure JS, and advises how to get the native engine', async () => {
      const { code, stdout, stderr } = await run(['doctor', '--json'], { root });
      const report: Report = JSON.parse(stdout);
      expect(stderr).toBe('');
      expect(report).toMatchObject({ ok: true, engine: 'file' });
      expect(statuses(report)).toMatchObject({ engine: 'warn', addon: 'warn', 'native page': 'warn', link: 'ok' });
      for (const check of ['engine', 'addon', 'native page']) {
        const { advice } = report.checks.find((other) => other.check === check)!;
        expect(advice).toContain(`install a release that brings the addon for ${process.platform}-${process.arch}`);
        expect(advice).not.toContain('npm run');
      }
      expect(code).toBe(0);
    });

    it('advises in a checkout how to build the addon', async () => {
      const { stdout } = await run(['doctor', '--json'], { root: packageWithoutAddon('checkout') });
      const { checks }: Report = JSON.parse(stdout);
      for (const check of ['engine', 'addon', 'native page']) {
        expect(checks.find((other) => other.check === check)!.advice).toContain('npm run build');
      }
    });

    it('fails when CTRL_IF_ENGINE is native', async () => {
      const { code, stdout } = await run(['doctor', '--json'], { root, env: { CTRL_IF_ENGINE: 'native' } });
      expect(statuses(JSON.parse(stdout))).toMatchObject({ engine: 'fail' });
      expect(code).toBe(1);
    });
  });
});
