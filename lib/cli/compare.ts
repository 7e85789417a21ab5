/** Times the engines, a Unix socket and process.send on the same work: one small message and its answer, one at a time. */
import { median } from './round-trip-check.ts';
import { type HostLoad, loadBetween, sampleLoad } from './host-load.ts';
import type { Placement, Placing } from './placement.ts';

export const CONTESTANTS = ['native', 'file', 'unixSocket', 'processSend'] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

export interface Contestant {
  readonly name: ContestantName;
  /** The placements to try when processes can be placed. The faster one counts. */
  readonly placements: readonly Placement[];
  /** Resolves when the answer has arrived. All contestants use the same two processes. */
  roundTrip(): Promise<unknown>;
  /** The number of requests so far that had to wake the peer. Only links count them. */
  woken?(): number;
}

/** The result of one contestant in one placement. */
export interface Figure {
  readonly name: ContestantName;
  readonly placement: Placement;
  /** Microseconds a round trip for each round: the median of the batches of that round. */
  readonly rounds: readonly number[];
  /** The median of `rounds`. */
  readonly microseconds: number;
  /** The third quartile of `rounds` divided by the first. */
  readonly spread: number;
  /** The share of the requests that had to wake the peer, 0 to 1. Only links have it. */
  readonly woken?: number;
}

export interface Comparison {
  readonly figures: readonly Figure[];
  readonly placing: Pick<Placing, 'placements' | 'processors' | 'why'>;
  /** The load by other processes, before the comparison and during its rounds. */
  readonly load: { readonly before?: HostLoad; readonly during?: HostLoad };
}

export interface Schedule {
  /** The most rounds. At least {@link FEWEST} are done. */
  readonly rounds: number;
  /** Milliseconds of the whole comparison after which no round is begun. */
  readonly limit: number;
  /** Milliseconds of a contestant in each round and placement. */
  readonly turn: number;
  /** The most round trips and milliseconds before the first round, in which the code is compiled. */
  readonly warmUp: { readonly roundTrips: number; readonly milliseconds: number };
}

/** About 4 s in all, and little more than 5 s on a busy machine. */
export const SCHEDULE: Schedule = {
  rounds: 9,
  limit: 4500,
  turn: 50,
  warmUp: { roundTrips: 20_000, milliseconds: 300 },
};
const FEWEST = 3;
/** Round trips between two readings of the clock, so that the reading costs little. */
const BATCH = 32;

export interface ComparisonOptions {
  readonly contestants: readonly Contestant[];
  readonly placing: Placing;
  readonly pids: readonly number[];
  /** The load before the comparison. */
  readonly before: HostLoad | undefined;
  readonly schedule?: Schedule;
  began(name: ContestantName): void;
}

/** Runs the contestants in turns of short rounds, so that other load of the machine affects all of them alike. */
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
        // Warm up where the contestant is fastest: its last placement.
        if (placement !== 'free' && contestant.placements.at(-1) !== placement) continue;
        began(contestant.name);
        await warmUp(contestant, schedule);
      }
    }
    const start = sampleLoad(pids);
    for (let round = 0; round < schedule.rounds; round++) {
      if (round >= FEWEST && performance.now() > end) break;
      // The order alternates, so that each round begins in the placement in which the last one ended.
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
    // Fails if the processes have ended.
    await placing.restore().catch(() => {});
  }
}

/** Measures one contestant alone, without placing its processes. */
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
  for (let done = 0; done < roundTrips && performance.now() < end; done += BATCH)
    await makeRoundTrips(roundTrip, BATCH);
}

/** Measures for that long, and at least one batch. */
async function takeTurn(turns: Turns, milliseconds: number): Promise<void> {
  const { roundTrip, woken } = turns.contestant;
  const figures: number[] = [];
  const end = performance.now() + milliseconds;
  // The peer may sleep since the last turn. These round trips wake it and are not counted.
  await makeRoundTrips(roundTrip, BATCH);
  const wokenBefore = woken?.() ?? 0;
  do {
    const began = performance.now();
    await makeRoundTrips(roundTrip, BATCH);
    figures.push(((performance.now() - began) * 1000) / BATCH);
  } while (performance.now() < end);
  turns.woken += (woken?.() ?? 0) - wokenBefore;
  turns.requests += figures.length * BATCH;
  turns.rounds.push(median(figures));
}

async function makeRoundTrips(roundTrip: () => Promise<unknown>, count: number): Promise<void> {
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

/** The figure of a contestant in its fastest placement, and its other figures; undefined when it did not take part. */
export function bestFigure(
  { figures }: Pick<Comparison, 'figures'>,
  name: ContestantName,
): { best: Figure; others: readonly Figure[] } | undefined {
  const [best, ...others] = figures
    .filter((figure) => figure.name === name)
    .toSorted((a, b) => a.microseconds - b.microseconds);
  return best && { best, others };
}
