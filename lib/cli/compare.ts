/** The two engines on the same work: one small message, its answer awaited, again and again. */
import type { Domain } from '../domain/domain.ts';
import type { MessageInputOf } from '../wire/index.ts';
import { median } from './crossing.ts';
import type { Sample } from './samples.ts';

export interface Contestant {
  engine: 'native' | 'file';
  domain: Domain;
}

/** Microseconds a round trip, by engine. */
export type Comparison = Partial<Record<Contestant['engine'], number>>;

/** The engines take turns, so that whatever else the machine does meets both. */
const TURN = 100;
/** Between two looks at the clock, so that the clock is not what is measured. */
const BATCH = 32;
/** A link that has slept through the other's turn is woken by requests that are not counted. */
const WARM_UP = 8;

/** Gives each contestant so many milliseconds in all. */
export async function compareEngines(
  contestants: readonly Contestant[],
  sample: Sample,
  milliseconds: number,
  began: (engine: Contestant['engine']) => void,
): Promise<Comparison> {
  const batches = contestants.map((): number[] => []);
  for (let spent = 0; spent < milliseconds; spent += TURN) {
    for (const [i, { engine, domain }] of contestants.entries()) {
      began(engine);
      batches[i]!.push(...(await takeTurn(domain, sample)));
    }
  }
  return Object.fromEntries(contestants.map(({ engine }, i) => [engine, median(batches[i]!)]));
}

/** Microseconds a round trip, one figure a batch: at least one, however slow. */
async function takeTurn(domain: Domain, sample: Sample): Promise<number[]> {
  const figures: number[] = [];
  const end = performance.now() + TURN;
  await requestBatch(domain, sample, WARM_UP);
  do {
    const began = performance.now();
    await requestBatch(domain, sample, BATCH);
    figures.push(((performance.now() - began) * 1000) / BATCH);
  } while (performance.now() < end);
  return figures;
}

async function requestBatch(domain: Domain, { request }: Sample, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await domain.request(request as MessageInputOf<'MEM_REQUEST_SET'>);
}
