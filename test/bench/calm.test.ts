import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { elsewhere, readLoad, Ticks, untilCalm } from '../../bench/harness/calm.ts';
import { type CpuTicks, loadSample } from './load-samples.ts';

const START: CpuTicks = { total: 0, busy: 0, stolen: 0, own: 0 };

/** A machine on which, in each second, others use so much of its CPU time; the last value goes on. */
function machineWith(...foreign: readonly number[]) {
  let now = START;
  let second = 0;
  return {
    read: () => loadSample(now),
    pause: async (ms: number) => {
      const share = foreign[Math.min(second++, foreign.length - 1)]!;
      const ticks = (2 * ms) / 10;
      now = { ...now, total: now.total + ticks, busy: now.busy + ticks * share };
    },
    get seconds() {
      return second;
    },
  };
}

describe('the CPU time that goes elsewhere', () => {
  const shares = (after: CpuTicks) => new Ticks().add(loadSample(START), loadSample(after));

  it('is what is neither idle nor of this run and its ended processes', () => {
    const found = shares({ total: 2000, busy: 1500, stolen: 100, own: 1100 });
    expect(found).toEqual({ foreign: 0.2, stolen: 0.05 });
    expect(elsewhere(found)).toBeCloseTo(0.25);
  });

  it('is never below zero, and not known from a few ticks or without /proc', () => {
    expect(shares({ total: 1000, busy: 500, stolen: 0, own: 520 })?.foreign).toBe(0);
    expect(shares({ total: 4, busy: 4, stolen: 0, own: 0 })).toBeUndefined();
    expect(new Ticks().add(undefined, loadSample(START))).toBeUndefined();
    expect(elsewhere(undefined)).toBe(0);
  });

  it('is that of the CPUs of the two sides, where those are named', () => {
    const load = loadSample({ total: 2000, busy: 1000, stolen: 0, own: 0 });
    load.processors.set(2, { total: 1000, busy: 0, stolen: 0 });
    expect(new Ticks().add(loadSample(START), load, [0, 1])).toMatchObject({ foreign: 0.5 });
    expect(new Ticks().add(loadSample(START), load)?.foreign).toBeCloseTo(1 / 3);
  });

  it.runIf(existsSync('/proc/stat'))('does not have the time of a child of this process that has ended', () => {
    const before = readLoad()!;
    spawnSync(process.execPath, ['-e', 'while (process.cpuUsage().user < 300_000);']);
    expect(readLoad()!.own - before.own).toBeGreaterThanOrEqual(25);
  });
});

describe('waiting for a calm machine', () => {
  it('ends when five seconds in a row were calm, whatever was before', async () => {
    const machine = machineWith(0.9, 0.01, 0.01, 0.01, 0.3, 0.02);
    expect(await untilCalm(() => {}, machine.read, undefined, machine.pause)).toBe(true);
    expect(machine.seconds).toBe(10);
  });

  it('tells every ten seconds how much goes elsewhere and how long it waits', async () => {
    const machine = machineWith(...Array.from({ length: 25 }, () => 0.5), 0);
    const lines: string[] = [];
    expect(await untilCalm((line) => lines.push(line), machine.read, undefined, machine.pause)).toBe(true);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe(
      'waiting until the machine is calm: 50 % of its CPU time goes elsewhere, 5.0 % may; 20 of at most 300 s',
    );
  });

  it('gives up after five minutes, and says so', async () => {
    const machine = machineWith(0.5);
    const lines: string[] = [];
    expect(await untilCalm((line) => lines.push(line), machine.read, undefined, machine.pause)).toBe(false);
    expect(machine.seconds).toBe(300);
    expect(lines.at(-1)).toContain('not calm after 300 s: measuring all the same');
  });

  it('takes time that the hypervisor keeps for others', async () => {
    let now = START;
    const pause = async (ms: number) => {
      now = { ...now, total: now.total + ms / 10, stolen: now.stolen + ms / 20 };
    };
    const read = () => loadSample(now);
    expect(await untilCalm(() => {}, read, undefined, pause)).toBe(false);
  });
});
