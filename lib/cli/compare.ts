/** The engines, and what one would use instead, on the same work: one small message, its answer awaited, again and again. */
import { median } from './crossing.ts';
import { type HostLoad, loadBetween, sampleLoad } from './host-load.ts';
import type { Placement, Placing } from './placement.ts';

export const CONTESTANTS = ['native', 'file', 'unixSocket', 'processSend'] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

export interface Contestant {
  readonly name: ContestantName;
  /** Where its two processes are tried when they can be placed; the better one counts. */
  readonly placements: readonly Placement[];
  /** Between the same two processes: resolves when the answer is here. */
  roundTrip(): Promise<unknown>;
  /** How often its peer slept when something was sent, so far; only links know. */
  woken?(): number;
}

/** One contestant in one placement. */
export interface Figure {
  readonly name: ContestantName;
  readonly placement: Placement;
  /** Microseconds a round trip, one figure a round: the median of its batches. */
  readonly rounds: readonly number[];
  /** The median of `rounds`. */
  readonly microseconds: number;
  /** The third quartile of `rounds` by the first. */
  readonly spread: number;
  /** The share of the requests that found the peer asleep, where that is known. */
  readonly woken?: number;
}

export interface Comparison {
  readonly figures: readonly Figure[];
  readonly placing: Pick<Placing, 'placements' | 'processors' | 'why'>;
  /** What others took of the processors, before the comparison and during its rounds. */
  readonly load: { readonly before?: HostLoad; readonly during?: HostLoad };
}

export interface Schedule {
  /** At most, and at least {@link FEWEST}: none is begun after so many milliseconds of the whole comparison. */
  readonly rounds: number;
  readonly limit: number;
  /** Milliseconds that a contestant has in a round, in each placement. */
  readonly turn: number;
  /** Round trips before the first round, while the code is compiled, and the milliseconds that they may take at most. */
  readonly warmUp: { readonly roundTrips: number; readonly milliseconds: number };
}

/** Some 4 s in all; on a busy machine little more than 5. */
export const SCHEDULE: Schedule = {
  rounds: 9,
  limit: 4500,
  turn: 50,
  warmUp: { roundTrips: 20_000, milliseconds: 300 },
};
const FEWEST = 3;
/** Between two readings of the clock, so that the clock is not what is measured. */
const BATCH = 32;

export interface ComparisonOptions {
  readonly contestants: readonly Contestant[];
  readonly placing: Placing;
  readonly pids: readonly number[];
  /** Of the time before. */
  readonly before: HostLoad | undefined;
  readonly schedule?: Schedule;
  began(name: ContestantName): void;
}

/** They take turns in short rounds, so that whatever else the machine does meets all of them. */
export async function compare(options: ComparisonOptions): Promise<Comparison> {
  const { contestants, placing, pids, before, schedule = SCHEDULE, began } = options;
  const end = performance.now() + schedule.limit;
  const series = placing.placements.map((placement) => ({
    placement,
    turns: contestants
      .filter(({ placements }) => placement === 'free' || placements.includes(placement))
      .map((contestant) => ({ contestant, rounds: [] as number[], requests: 0, woken: 0 })),
  }));
  try {
    for (const { placement, turns } of series) {
      await placing.place(placement);
      for (const { contestant } of turns) {
        // Where it is fast, so that it is warm soon: `together` comes last.
        if (placement !== 'free' && contestant.placements.at(-1) !== placement) continue;
        began(contestant.name);
        await warmUp(contestant, schedule);
      }
    }
    const start = sampleLoad(pids);
    for (let round = 0; round < schedule.rounds; round++) {
      if (round >= FEWEST && performance.now() > end) break;
      // Back and forth, so that each round begins where the one before ended.
      for (const { placement, turns } of round % 2 === 0 ? series.toReversed() : series) {
        await placing.place(placement);
        for (const turn of turns) {
          began(turn.contestant.name);
          await takeTurn(turn, schedule.turn);
        }
      }
    }
    const during = loadBetween(start, sampleLoad(pids), placing.processors);
    return {
      figures: series.flatMap(({ placement, turns }) => turns.map((turn) => figureOf(placement, turn))),
      placing: {
        placements: placing.placements,
        processors: placing.processors,
        ...(placing.why && { why: placing.why }),
      },
      load: { ...(before && { before }), ...(during && { during }) },
    };
  } finally {
    // The processes may be gone.
    await placing.restore().catch(() => {});
  }
}

/** One contestant without others, and wherever the system has put its processes. */
export async function measureAlone(contestant: Contestant, schedule: Schedule = SCHEDULE): Promise<Figure> {
  const turns: Turns = { contestant, rounds: [], requests: 0, woken: 0 };
  await warmUp(contestant, schedule);
  for (let round = 0; round < schedule.rounds; round++) await takeTurn(turns, schedule.turn);
  return figureOf('free', turns);
}

interface Turns {
  readonly contestant: Contestant;
  readonly rounds: number[];
  requests: number;
  woken: number;
}

async function warmUp({ roundTrip }: Contestant, { warmUp: { roundTrips, milliseconds } }: Schedule): Promise<void> {
  const end = performance.now() + milliseconds;
  for (let done = 0; done < roundTrips && performance.now() < end; done += BATCH) await goRound(roundTrip, BATCH);
}

/** Takes at least one batch, however slow. */
async function takeTurn(turns: Turns, milliseconds: number): Promise<void> {
  const { roundTrip, woken } = turns.contestant;
  const figures: number[] = [];
  const end = performance.now() + milliseconds;
  // What has slept through the others' turns is woken by round trips that are not counted.
  await goRound(roundTrip, BATCH);
  const wokenBefore = woken?.() ?? 0;
  do {
    const began = performance.now();
    await goRound(roundTrip, BATCH);
    figures.push(((performance.now() - began) * 1000) / BATCH);
  } while (performance.now() < end);
  turns.woken += (woken?.() ?? 0) - wokenBefore;
  turns.requests += figures.length * BATCH;
  turns.rounds.push(median(figures));
}

async function goRound(roundTrip: () => Promise<unknown>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await roundTrip();
}

function figureOf(placement: Placement, { contestant, rounds, requests, woken }: Turns): Figure {
  const sorted = rounds.toSorted((a, b) => a - b);
  const quartile = (part: number) => sorted[Math.round(part * (sorted.length - 1))]!;
  return {
    name: contestant.name,
    placement,
    rounds,
    microseconds: median(rounds),
    spread: quartile(0.75) / quartile(0.25),
    ...(contestant.woken && { woken: woken / requests }),
  };
}

/** The better placement of a contestant, and the others it was tried in; undefined when it did not take part. */
export function bestFigure(
  { figures }: Pick<Comparison, 'figures'>,
  name: ContestantName,
): { best: Figure; others: readonly Figure[] } | undefined {
  const [best, ...others] = figures
    .filter((figure) => figure.name === name)
    .toSorted((a, b) => a.microseconds - b.microseconds);
  return best && { best, others };
}
