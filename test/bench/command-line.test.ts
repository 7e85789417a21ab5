import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ALL_CASES, ALL_RATIOS } from '../../bench/cases/index.ts';
import { onOneCore } from '../../bench/cases/peers.ts';
import { selectCases } from '../../bench/harness/arguments.ts';
import { main } from '../../bench/main.ts';

let stdout = '';
let stderr = '';

beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('npm run bench', () => {
  it('answers an unknown --only with the list of cases and exit code 2', async () => {
    expect(await main(['--only', 'rtt.nothing'])).toBe(2);
    expect(stderr).toContain('there is no case called "rtt.nothing"');
    for (const { name } of ALL_CASES) expect(stderr).toContain(name);
    expect(stdout).toBe('');
  });

  it('answers an unknown option with the usage and exit code 2', async () => {
    expect(await main(['--fast'])).toBe(2);
    expect(stderr).toContain('--fast');
    expect(stderr).toContain('usage: npm run bench');
  });

  it('refuses a JSON file that it could not write before it measures anything', async () => {
    expect(await main(['--json', '/nonexistent/figures.json'])).toBe(2);
    expect(stderr).toContain('cannot write in /nonexistent');
    expect(stderr).not.toContain('round 1');
  });

  it('lists its cases with --help', async () => {
    expect(await main(['--help'])).toBe(0);
    const lines = stdout.split('\n').map((line) => line.replace(/ +/g, ' ').trim());
    for (const { name, about } of ALL_CASES) expect(lines).toContain(`${name} ${about}`);
  });
});

describe('the cases', () => {
  it('have names of their own', () => {
    expect(new Set(ALL_CASES.map(({ name }) => name)).size).toBe(ALL_CASES.length);
  });

  it('are chosen by name or by leading part, at a dot only', () => {
    const chosen = (...only: string[]) => selectCases(ALL_CASES, only).map(({ name }) => name);
    expect(chosen('rtt.limit')).toEqual(['rtt.limit']);
    expect(chosen('rtt.sync')).toEqual(['rtt.sync.native', 'rtt.sync.file', 'rtt.sync.sab']);
    expect(chosen('rtt.sync.file', 'stream.limit')).toEqual(['rtt.sync.file', 'stream.limit']);
    expect(chosen()).toHaveLength(ALL_CASES.length);
    expect(() => chosen('rtt.sy')).toThrow('there is no case called "rtt.sy"');
  });

  it("have the ratios of the issue's goals", () => {
    const names = ALL_RATIOS.map(({ of, over }) => `${of}/${over}`);
    for (const name of [
      'rtt.sync.native/rtt.limit',
      'rtt.await.native/rtt.limit',
      'stream.sync.native/stream.limit',
      'rtt.unixSocket.best/rtt.await.native',
      'rtt.processSend.best/rtt.await.native',
      'stream.rival.best/stream.await.native',
      'rtt.sync.file/rtt.sync.native',
      'rtt.unixSocket.best/rtt.sync.file',
    ]) {
      expect(names).toContain(name);
    }
    const cases = new Set(ALL_CASES.map(({ name }) => name));
    for (const { of, best = [of], over } of ALL_RATIOS) {
      // Rows of cases that have several are known only when they ran.
      for (const row of [...best, over]) if (!/^(codec|warmup)\./.test(row)) expect(cases).toContain(row);
    }
  });

  it('have each rival in both placements, and compare it at the better', () => {
    const names = ALL_CASES.map(({ name }) => name);
    const rivals = names.filter((name) =>
      /^(rtt|stream)\.(processSend|unixSocket|messageChannel|zeromq)\w*$/.test(name),
    );
    expect(rivals).toHaveLength(10);
    for (const rival of rivals) expect(names).toContain(`${rival}.onecore`);
    expect(ALL_RATIOS.find(({ of }) => of === 'rtt.processSend.best')?.best).toEqual([
      'rtt.processSendJson',
      'rtt.processSendJson.onecore',
      'rtt.processSendAdvanced',
      'rtt.processSendAdvanced.onecore',
    ]);
  });

  it('run both sides on the one core where their names say so', async () => {
    const setting = { cpus: [3, 5], round: 0, quick: true, warmupMs: 1, timedMs: 1, countSyscalls: false } as const;
    expect(onOneCore(setting)).toEqual({ ...setting, cpus: [3, 3] });
    for (const { name, needsPinning } of ALL_CASES)
      expect([name, needsPinning]).toEqual([name, name.endsWith('.onecore') || undefined]);
  });

  it('have the first requests of fresh processes, and those after a silence, as families of their own', () => {
    const chosen = (...only: string[]) => selectCases(ALL_CASES, only).map(({ name }) => name);
    expect(chosen('warmup')).toContain('warmup.await.native');
    expect(chosen('wakeup.await.native')).toHaveLength(10);
    for (const silence of ['100us', '500us', '2ms', '10ms', '100ms']) {
      for (const asker of ['await.native', 'unixSocket', 'processSend']) {
        expect(chosen(`wakeup.${asker}.${silence}`)).toHaveLength(2);
      }
    }
  });
});
