import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  cpuReader,
  elsewhere,
  endedChildren,
  parseTimes,
  type Reading,
  sharesBetween,
  untilCalm,
} from '../../bench/harness/calm.ts';

const START: Reading = { total: 0, busy: 0, stolen: 0, own: 0 };

/** A machine on which, in each second, others use so much of its CPU time; the last value goes on. */
function machineWith(...foreign: readonly number[]) {
  let now = START;
  let second = 0;
  return {
    read: () => now,
    pause: async (ms: number) => {
      const share = foreign[Math.min(second++, foreign.length - 1)]!;
      now = { ...now, total: now.total + 2 * ms, busy: now.busy + 2 * ms * share };
    },
    get seconds() {
      return second;
    },
  };
}

describe('the CPU time that goes elsewhere', () => {
  it('is what is neither idle nor of this run and its ended processes', () => {
    const after = { total: 2000, busy: 1500, stolen: 100, own: 1100 };
    expect(sharesBetween(START, after)).toEqual({ foreign: 0.2, stolen: 0.05 });
    expect(elsewhere(sharesBetween(START, after))).toBeCloseTo(0.25);
  });

  it('is never below zero, and not known from a few ticks or without /proc', () => {
    expect(sharesBetween(START, { total: 1000, busy: 500, stolen: 0, own: 520 })?.foreign).toBe(0);
    expect(sharesBetween(START, { total: 40, busy: 40, stolen: 0, own: 0 })).toBeUndefined();
    expect(sharesBetween(undefined, START)).toBeUndefined();
    expect(elsewhere(undefined)).toBe(0);
  });

  it('is read from the ticks of /proc/stat, where guests are in user already', () => {
    const times = parseTimes('cpu0 100 1 20 500 30 4 5 6 70 8');
    expect(times).toEqual({ total: 6660, busy: 1300, stolen: 60 });
  });

  it('leaves out the ended processes of a process whose name has spaces and parentheses', () => {
    const fields = Array.from({ length: 50 }, (_, i) => i);
    // State is the third field of the file; time of ended children are the 16th and 17th.
    expect(endedChildren(`12 (a) (b c) ${fields.join(' ')}`)).toBe((13 + 14) * 10);
  });

  it.runIf(existsSync('/proc/stat'))('does not have the time of a child of this process that has ended', () => {
    const read = cpuReader();
    const before = read()!;
    spawnSync(process.execPath, ['-e', 'while (process.cpuUsage().user < 300_000);']);
    const after = read()!;
    expect(after.own - before.own).toBeGreaterThanOrEqual(250);
    expect(after.total).toBeGreaterThan(before.total);
  });
});

describe('waiting for a calm machine', () => {
  it('ends when five seconds in a row were calm, whatever was before', async () => {
    const machine = machineWith(0.9, 0.01, 0.01, 0.01, 0.3, 0.02);
    expect(await untilCalm(() => {}, machine.read, machine.pause)).toEqual({ calm: true, seconds: 10 });
  });

  it('tells every ten seconds how much goes elsewhere and how long it waits', async () => {
    const machine = machineWith(...Array.from({ length: 25 }, () => 0.5), 0);
    const lines: string[] = [];
    expect(await untilCalm((line) => lines.push(line), machine.read, machine.pause)).toMatchObject({ calm: true });
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe(
      'waiting until the machine is calm: 50 % of its CPU time goes elsewhere, 5.0 % may; 20 of at most 300 s',
    );
  });

  it('gives up after five minutes, and says so', async () => {
    const machine = machineWith(0.5);
    const lines: string[] = [];
    const waited = await untilCalm((line) => lines.push(line), machine.read, machine.pause);
    expect(waited).toEqual({ calm: false, seconds: 300 });
    expect(machine.seconds).toBe(300);
    expect(lines.at(-1)).toContain('not calm after 300 s: measuring all the same');
  });

  it('takes time that the hypervisor keeps for others', async () => {
    let now = START;
    const pause = async (ms: number) => {
      now = { ...now, total: now.total + ms, stolen: now.stolen + ms / 2 };
    };
    expect(
      await untilCalm(
        () => {},
        () => now,
        pause,
      ),
    ).toMatchObject({ calm: false });
  });
});
