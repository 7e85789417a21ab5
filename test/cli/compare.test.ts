import { describe, expect, it } from 'vitest';
import { type Comparison, type Contestant, compare, type Figure, type Schedule } from '../../lib/cli/compare.ts';
import { comparisonLines, comparisonToJSON } from '../../lib/cli/comparison-report.ts';
import type { Placement, Placing } from '../../lib/cli/placement.ts';

const SCHEDULE: Schedule = { rounds: 3, limit: 60_000, turn: 0, warmUp: { roundTrips: 32, milliseconds: 1000 } };

function placingWith(placements: readonly Placement[], placed: string[], why?: string): Placing {
  return {
    placements,
    processors: [0, 1],
    ...(why !== undefined && { why }),
    place: async (placement) => void placed.push(placement),
    restore: async () => void placed.push('restored'),
  };
}

const contestant = (name: Contestant['name'], placements: readonly Placement[], roundTrip = async () => {}) =>
  ({ name, placements, roundTrip }) satisfies Contestant;

const options = (contestants: readonly Contestant[], placing: Placing, schedule = SCHEDULE) => ({
  contestants,
  placing,
  pids: [process.pid],
  before: undefined,
  schedule,
  began: () => {},
});

describe('comparing', () => {
  it('takes turns in rounds, tries both placements of a rival, and restores the processors', async () => {
    const placed: string[] = [];
    const { figures } = await compare(
      options(
        [contestant('native', ['apart']), contestant('unixSocket', ['apart', 'together'])],
        placingWith(['apart', 'together'], placed),
      ),
    );
    expect(figures.map(({ name, placement, rounds }) => [name, placement, rounds.length])).toEqual([
      ['native', 'apart', 3],
      ['unixSocket', 'apart', 3],
      ['unixSocket', 'together', 3],
    ]);
    const [warm, ...rounds] = ['apart together', 'together apart', 'apart together', 'together apart'];
    expect(placed.join(' ')).toBe(`${warm} ${rounds.join(' ')} restored`);
  });

  it('measures each contestant once when processes cannot be placed', async () => {
    const placing = placingWith(['free'], [], 'there is no taskset (util-linux)');
    const rival = contestant('unixSocket', ['apart', 'together']);
    const { figures } = await compare(options([contestant('native', ['apart']), rival], placing));
    expect(figures.map(({ placement }) => placement)).toEqual(['free', 'free']);
  });

  it('uses the median of the rounds, and reports the share of requests that woke the peer', async () => {
    let requests = 0;
    const native: Contestant = {
      ...contestant('native', ['apart'], async () => void requests++),
      woken: () => requests / 2,
    };
    const { figures } = await compare(options([native], placingWith(['apart'], [])));
    expect(figures[0]).toMatchObject({ woken: 0.5 });
    expect(figures[0]!.microseconds).toBe(figures[0]!.rounds.toSorted((a, b) => a - b)[1]);
  });

  it('does fewer rounds when the time is up, but at least three', async () => {
    const short = { ...SCHEDULE, rounds: 9, limit: 0 };
    const { figures } = await compare(options([contestant('native', ['apart'])], placingWith(['apart'], []), short));
    expect(figures[0]!.rounds).toHaveLength(3);
  });

  it('restores the processors when a round trip fails', async () => {
    const placed: string[] = [];
    const failing = contestant('native', ['apart'], () => Promise.reject(new Error('gone')));
    await expect(compare(options([failing], placingWith(['apart'], placed)))).rejects.toThrow('gone');
    expect(placed.at(-1)).toBe('restored');
  });
});

const figure = (name: Figure['name'], microseconds: number, rest: Partial<Figure> = {}): Figure => ({
  name,
  placement: 'apart',
  microseconds,
  rounds: new Array(9).fill(microseconds),
  spread: 1,
  ...rest,
});

const ALL = [
  figure('native', 0.5, { woken: 0 }),
  figure('file', 10),
  figure('unixSocket', 68),
  figure('unixSocket', 7.9, { placement: 'together' }),
  figure('processSend', 75),
  figure('processSend', 11.4, { placement: 'together' }),
];
const QUIET = { others: 0.01, stolen: 0 };

const comparisonOf = (figures: readonly Figure[], rest: Partial<Comparison> = {}): Comparison => ({
  figures,
  placing: { placements: ['apart', 'together'], processors: [0, 1] },
  load: { before: QUIET, during: QUIET },
  ...rest,
});
const text = (comparison: Comparison) => comparisonLines(comparison, 'no compiler').join(' ');

describe('the report of a comparison', () => {
  it("counts each rival's faster placement, names it, and states the condition of the figures", () => {
    expect(comparisonLines(comparisonOf(ALL), '')).toEqual([
      'Round trip of one small message and its answer:',
      '  native         0.50 µs                on two processors',
      '  pure JS          10 µs  20 × as long  on two processors',
      '  Unix socket     7.9 µs  16 × as long  on one processor (68 µs on two)',
      '  process.send     11 µs  23 × as long  on one processor (75 µs on two)',
      'Back to back, one at a time, both sides awake, adaptive idle strategy. Medians',
      'of 9 rounds; the better of two placements counts.',
      'native is 16 × faster than a Unix socket and 23 × faster than process.send.',
    ]);
  });

  it.each([
    [
      'other processes',
      { load: { during: { others: 0.4, stolen: 0 } } },
      'other processes took 40 % of processors 0 and 1',
    ],
    [
      'the hypervisor',
      { load: { during: { others: 0, stolen: 0.1 } } },
      'the hypervisor took 10 % of processors 0 and 1',
    ],
  ])('gives no ratio when %s used the processors', (_, busy, reason) => {
    const comparison = comparisonOf(ALL, busy);
    expect(text(comparison)).toContain(`The machine is busy, so these figures give no ratio: ${reason}.`);
    expect(text(comparison)).not.toMatch(/×|faster|slower/);
    expect(comparisonToJSON(comparison, '')).toMatchObject({
      nativeMicroseconds: 0.5,
      ratio: null,
      ratios: { unixSocket: null, processSend: null },
      busy: true,
      reasons: [reason],
    });
  });

  it('gives no ratio when the rounds of a contestant differ too much', () => {
    const comparison = comparisonOf([figure('native', 0.5, { spread: 3.2 }), ...ALL.slice(1)]);
    expect(text(comparison)).toContain('the rounds of native differ 3.2 times');
    expect(text(comparison)).not.toContain('×');
  });

  it('gives no ratio when the sides of a link slept', () => {
    const placing = { placements: ['free'], processors: [0, 1], why: 'there is no taskset (util-linux)' } as const;
    const asleep = figure('native', 16, { placement: 'free', woken: 0.95 });
    const comparison = comparisonOf([asleep, figure('unixSocket', 9, { placement: 'free' })], { placing });
    expect(text(comparison)).toContain('The two sides did not stay awake');
    expect(text(comparison)).toContain('there is no taskset (util-linux)');
    expect(text(comparison)).not.toMatch(/×|slower/);
    expect(comparisonToJSON(comparison, '')).toMatchObject({
      busy: false,
      ratios: { unixSocket: null },
      condition: 'back to back, one at a time, the peer asleep before 95 % of the requests, adaptive idle strategy',
      whyNotPlaced: 'there is no taskset (util-linux)',
    });
  });

  it('gives a ratio on a single processor, where no side can poll', () => {
    const placing = {
      placements: ['free'],
      processors: [0],
      why: 'there is only one processor for both processes',
    } as const;
    const figures = [figure('native', 16, { woken: 1 }), figure('unixSocket', 8), figure('processSend', 12)];
    expect(text(comparisonOf(figures, { placing }))).toContain(
      'native is 2.0 × slower than a Unix socket and 1.3 × slower than process.send.',
    );
  });

  it('gives the reason for a missing engine, and compares the other with the rivals', () => {
    const lines = text(comparisonOf([figure('file', 100), figure('unixSocket', 50), figure('processSend', 250)]));
    expect(lines).toContain('  native is not compared: no compiler');
    expect(lines).toContain('pure JS is 2.0 × slower than a Unix socket and 2.5 × faster than process.send.');
  });

  it('has all figures with placement, rounds and spread in JSON, and null for missing ones', () => {
    expect(comparisonToJSON(comparisonOf(ALL), '')).toMatchObject({
      nativeMicroseconds: 0.5,
      fileMicroseconds: 10,
      unixSocketMicroseconds: 7.9,
      processSendMicroseconds: 11.4,
      ratio: 20,
      ratios: { unixSocket: 15.8, processSend: 22.8 },
      condition: 'back to back, one at a time, both sides awake, adaptive idle strategy',
      rounds: 9,
      busy: false,
      reasons: [],
      processors: [0, 1],
      load: { before: QUIET, during: QUIET },
    });
    const { figures } = comparisonToJSON(comparisonOf(ALL), '') as { figures: object[] };
    expect(figures[3]).toEqual({
      name: 'unixSocket',
      placement: 'together',
      counts: true,
      microseconds: 7.9,
      spread: 1,
      rounds: new Array(9).fill(7.9),
    });
    expect(comparisonToJSON(comparisonOf([figure('file', 30)]), 'no compiler')).toMatchObject({
      nativeMicroseconds: null,
      ratio: null,
      ratios: { unixSocket: null, processSend: null },
      why: 'no compiler',
    });
  });
});
