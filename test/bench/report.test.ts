import { describe, expect, it } from 'vitest';
import type { BenchCase, Figures } from '../../bench/harness/case.ts';
import { reportToJSON } from '../../bench/harness/report.ts';
import { run } from '../../bench/harness/run.ts';
import { reportText } from '../../bench/plot/tables.ts';
import { type CpuTicks, loadSample } from './load-samples.ts';

const pinning = { available: 2, cpus: [0, 1] } as const;

/** A case without processes: `figures` of the round, a constant two of them a message for strace. */
function pretended(name: string, figures: (round: number) => Figures[], more: Partial<BenchCase> = {}): BenchCase {
  return {
    name,
    about: 'pretended',
    needsTwoCores: false,
    trial: async ({ round, countSyscalls }) => (countSyscalls ? [{ syscallsPerMessage: 2 }] : figures(round)),
    ...more,
  };
}

const fast = pretended('rtt.fast', (round) => [{ p50: 100 + round, p99: 200, p999: 300, cpuNsPerMessage: 7 }], {
  note: 'about the clock',
});
const slow = pretended('rtt.slow', (round) => [{ p50: 3 * (100 + round) }]);
const stream = pretended('stream.all', () => [{ perSecond: 1000 }]);
const ratios = [
  { of: 'rtt.slow', over: 'rtt.fast', goal: { atMost: 2 } },
  { of: 'rtt.slow', over: 'rtt.absent' },
];

async function report(cases: readonly BenchCase[], options: Partial<Parameters<typeof run>[0]> = {}) {
  const lines: string[] = [];
  const result = await run({ quick: true, cases, ratios, pinning, progress: (line) => lines.push(line), ...options });
  return { ...result, lines };
}

describe('a report', () => {
  it('has a row a case with the medians of the rounds, and notes beside the names of their rows', async () => {
    const { rows, notes } = await report([fast, stream]);
    expect(rows).toEqual([
      { case: 'rtt.fast', p50: 101, p99: 200, p999: 300, cpuNsPerMessage: 7 },
      { case: 'stream.all', perSecond: 1000 },
    ]);
    expect(notes).toEqual([{ text: 'about the clock', rows: ['rtt.fast'] }]);
  });

  it('has the label and the place of each row, from its figures or its case', async () => {
    const labelled = pretended('wide.x', (round) => [
      { p50: 1, at: 10 * round },
      { row: 'wide.y', label: 'own', p50: 2 },
    ]);
    const { rows } = await report([{ ...labelled, label: 'of the case' }]);
    expect(rows).toEqual([
      { case: 'wide.x', label: 'of the case', at: 10, p50: 1 },
      { case: 'wide.y', label: 'own', p50: 2 },
    ]);
  });

  it('is kept without the rows of single messages, which are printed, and without digits that mean nothing', async () => {
    const codec = pretended('codec.x', () => [
      { row: 'codec.encode.x', p50: 100 / 3 },
      { row: 'codec.encode.x.CONSOLE_DATA', p50: 30 },
    ]);
    const result = await report([{ ...codec, note: 'of all messages' }]);
    const { rows, notes } = JSON.parse(reportToJSON(result));
    expect(rows).toEqual([{ case: 'codec.encode.x', p50: 33.3333 }]);
    expect(notes).toEqual([{ text: 'of all messages', rows: ['codec.encode.x'] }]);
    expect(reportText(result, ratios)).toContain('`codec.encode.x.CONSOLE_DATA`');
  });

  it('has the ratios of rows that were measured, by name, and the machine', async () => {
    const { ratios: measured, machine } = await report([fast, slow]);
    expect(measured).toEqual({ 'rtt.slow/rtt.fast': 3 });
    expect(machine).toMatchObject({ cores: 2, pinned: [0, 1], rounds: 3, quick: true });
    expect(machine.versions.node).toBe(process.versions.node);
    expect(Date.parse(machine.date)).not.toBeNaN();
  });

  it('takes several rows and further figures from one case', async () => {
    const many = pretended('codec.x', () => [
      { row: 'codec.encode.x', p50: 1, more: { bytesPerMessage: 0 } },
      { row: 'codec.decode.x', p50: 2 },
    ]);
    const { rows } = await report([many]);
    expect(rows.map(({ case: name, more }) => [name, more])).toEqual([
      ['codec.encode.x', { bytesPerMessage: 0 }],
      ['codec.decode.x', undefined],
    ]);
    const wrong = pretended('codec.x', () => [{ row: 'rtt.x', p50: 1 }]);
    await expect(report([wrong])).rejects.toThrow('must begin with "codec."');
  });

  it('runs 12 rounds, or 3 with --quick, or fewer where the case says so', async () => {
    const rounds = { all: 0, once: 0 };
    const all = pretended('a', () => [{ p50: ++rounds.all }]);
    const once = pretended('b', () => [{ p50: ++rounds.once }], { rounds: 1 });
    await report([all, once], { quick: false });
    expect(rounds).toEqual({ all: 12, once: 1 });
    await report([all], { quick: true });
    expect(rounds.all).toBe(15);
  });

  it('names what is absent and why, in JSON, text and progress', async () => {
    const absent = pretended('rtt.absent', () => [], { absent: async () => 'it is not installed' });
    const result = await report([fast, absent]);
    expect(result.absent).toEqual([{ case: 'rtt.absent', why: 'it is not installed' }]);
    expect(reportText(result, ratios)).toContain('- `rtt.absent`: it is not installed');
    expect(result.lines).toContain('rtt.absent: absent: it is not installed');
  });

  it('leaves out on one core what would mislead, says so, and judges no goal', async () => {
    const spinning = { ...fast, needsTwoCores: true };
    const one = { available: 1, cpus: undefined, why: 'there is one core only' };
    const result = await report([spinning, stream], { pinning: one });
    expect(result.rows.map((row) => row.case)).toEqual(['stream.all']);
    expect(result.absent[0]).toMatchObject({ case: 'rtt.fast', why: expect.stringContaining('one core') });
    expect(result.machine).toMatchObject({ cores: 1, pinned: null, notPinnedBecause: 'there is one core only' });
    expect(result.lines[0]).toContain('1 core');
    const judged = (pins: typeof pinning | typeof one) => report([fast, slow], { pinning: pins }).then(asText);
    expect(await judged(pinning)).toContain('**missed**');
    expect(await judged(one)).not.toContain('missed');
  });

  it('leaves out what chooses its cores where nothing can be pinned, and says why', async () => {
    const placed = { ...fast, needsPinning: true };
    const unpinned = { available: 2, cpus: undefined, why: 'there is no taskset' };
    expect((await report([placed])).absent).toEqual([]);
    const { absent } = await report([placed], { pinning: unpinned });
    expect(absent).toEqual([{ case: 'rtt.fast', why: 'nothing can be pinned to a core: there is no taskset' }]);
  });

  it('does not exist when one trial failed', async () => {
    const broken = pretended('rtt.broken', () => {
      throw new Error('wrong sequence number at the back: expected 3, received 5');
    });
    await expect(report([fast, broken])).rejects.toThrow(
      'rtt.broken failed, so this run has no figures: wrong sequence number at the back: expected 3, received 5',
    );
  });
});

/** A machine on which others use the given part of the CPU time in the trials, one after the other, and none later. */
function disturbedBy(...foreign: number[]) {
  let now: CpuTicks = { total: 0, busy: 0, stolen: 0, own: 0 };
  const pass = () => {
    const busy = 0.5 + (foreign.shift() ?? 0);
    now = { ...now, total: now.total + 1000, busy: now.busy + 1000 * busy, own: now.own + 500 };
  };
  return { readLoad: () => loadSample(now), pass };
}

describe('a trial that others disturb', () => {
  const counted = (pass: () => void, more: Partial<BenchCase> = {}) => {
    let trials = 0;
    const work = () => {
      pass();
      return [{ p50: ++trials }];
    };
    return pretended('rtt.counted', work, { rounds: 3, ...more });
  };

  it('is run again in the same round, and the calm figures count', async () => {
    const { readLoad, pass } = disturbedBy(0, 0.4);
    const { rows, machine, lines } = await report([counted(pass)], { quick: false, readLoad });
    // The second of 1, 2, 3, 4 was disturbed.
    expect(rows[0]).toMatchObject({ p50: 3 });
    expect(rows[0]).not.toHaveProperty('disturbed');
    expect(machine.others).toMatchObject({ trials: 4, repeated: 1, disturbed: 0 });
    expect(lines.filter((line) => line.includes('again, others used the machine: rtt.counted'))).toHaveLength(1);
  });

  it('is marked where it was disturbed again, with the figures of the calmer one', async () => {
    const { readLoad, pass } = disturbedBy(0.3, 0.4);
    const { rows, machine } = await report([counted(pass, { rounds: 1 })], { quick: false, readLoad });
    expect(rows[0]).toMatchObject({ p50: 1, disturbed: { rounds: 1, of: 1 } });
    expect(machine.others).toMatchObject({ trials: 2, repeated: 1, disturbed: 1, foreign: 0.35, calmBefore: false });
  });

  it('is run again a tenth of all times at most, and not at all with --quick', async () => {
    const busy = () => disturbedBy(...Array.from({ length: 100 }, () => 0.4));
    const full = busy();
    const { machine } = await report([counted(full.pass, { rounds: 12 })], { quick: false, readLoad: full.readLoad });
    expect(machine.others).toMatchObject({ trials: 14, repeated: 2, disturbed: 12 });
    const brief = busy();
    const quick = await report([counted(brief.pass)], { readLoad: brief.readLoad });
    expect(quick.machine.others).toMatchObject({ trials: 3, repeated: 0, disturbed: 3 });
  });

  it('is not told from others where the system does not say, and nothing is waited for', async () => {
    const { machine, lines } = await report([fast], { readLoad: () => undefined, waitForCalm: true });
    expect(machine).not.toHaveProperty('others');
    expect(lines.join('\n')).toContain('does not tell what else runs');
  });
});

it('looks for a calm machine only when everything that has to be built is built', async () => {
  let built = false;
  let builtFirst: boolean | undefined;
  const late = pretended('rtt.late', () => [{ p50: 1 }], {
    absent: async () => {
      built = true;
      return undefined;
    },
  });
  const readLoad = () => {
    builtFirst ??= built;
    return undefined;
  };
  await report([late], { readLoad, waitForCalm: true });
  expect(builtFirst).toBe(true);
});

function asText(result: Awaited<ReturnType<typeof report>>): string {
  return reportText(result, ratios);
}
