/** The engines, and what one would use instead, on the same work: one small message, its answer awaited, again and again. */
import { median } from './crossing.ts';

export const CONTESTANTS = ['native', 'file', 'unixSocket', 'processSend'] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

export interface Contestant {
  readonly name: ContestantName;
  /** Between the same two processes: resolves when the answer is here. */
  roundTrip(): Promise<unknown>;
}

/** Microseconds a round trip. */
export type Comparison = Partial<Record<ContestantName, number>>;

/** They take turns, so that whatever else the machine does meets all of them. */
const TURN = 100;
/** Between two looks at the clock, so that the clock is not what is measured. */
const BATCH = 32;
/** What has slept through the others' turns is woken by round trips that are not counted. */
const WARM_UP = 8;

/** Gives each contestant so many milliseconds in all. */
export async function compare(
  contestants: readonly Contestant[],
  milliseconds: number,
  began: (name: ContestantName) => void,
): Promise<Comparison> {
  const batches = contestants.map((): number[] => []);
  for (let spent = 0; spent < milliseconds; spent += TURN) {
    for (const [i, contestant] of contestants.entries()) {
      began(contestant.name);
      batches[i]!.push(...(await takeTurn(contestant)));
    }
  }
  return Object.fromEntries(contestants.map(({ name }, i) => [name, median(batches[i]!)]));
}

/** Microseconds a round trip, one figure a batch: at least one, however slow. */
async function takeTurn(contestant: Contestant): Promise<number[]> {
  const figures: number[] = [];
  const end = performance.now() + TURN;
  await goRound(contestant, WARM_UP);
  do {
    const began = performance.now();
    await goRound(contestant, BATCH);
    figures.push(((performance.now() - began) * 1000) / BATCH);
  } while (performance.now() < end);
  return figures;
}

async function goRound(contestant: Contestant, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await contestant.roundTrip();
}
