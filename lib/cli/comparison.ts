/** Compares the engines, a Unix socket and process.send between this process and a second one. */
import { setTimeout } from 'node:timers/promises';
import type { Domain } from '../domain/domain.ts';
import type { ChosenEngine } from '../page/choose-engine.ts';
import { type MessageInputOf, SEED_MESSAGES } from '../wire/index.ts';
import { type Comparison, type Contestant, compare } from './compare.ts';
import { NAMES } from './comparison-report.ts';
import { byIdleness, loadBetween, sampleLoad } from './host-load.ts';
import type { Progress } from './output.ts';
import { choosePlacing } from './placement.ts';
import { sampleOf } from './samples.ts';
import type { SecondProcess } from './second-process.ts';

/** Milliseconds in which both processes are idle, to measure the load of other processes. */
const QUIET = 200;
/** A small message. */
const COMPARED = sampleOf(SEED_MESSAGES.find(({ name }) => name === 'MEM_REQUEST_SET')!);

/** `whyOne` is the reason why an engine is missing from the comparison. */
export async function compareWith(
  second: SecondProcess,
  { engine, why }: ChosenEngine,
  progress: Progress,
): Promise<{ comparison: Comparison; whyOne: string }> {
  // Compare only the engine that the user asked for, if there is one.
  const isFree = (process.env.CTRL_IF_ENGINE || 'auto') === 'auto';
  const contestants: Contestant[] = [];
  for (const name of isFree && engine === 'native' ? (['native', 'file'] as const) : [engine]) {
    contestants.push(contestantOf(name, await second.link(name)));
  }
  contestants.push(...rivalsOf(second));
  progress.show('comparing: measuring the load of the processors');
  const pids = [process.pid, second.pid] as const;
  const start = sampleLoad(pids);
  await setTimeout(QUIET);
  const end = sampleLoad(pids);
  const placing = await choosePlacing(pids, (processors) =>
    start && end ? byIdleness(start, end, processors) : processors,
  );
  const before = loadBetween(start, end, placing.processors);
  const comparison = await compare({
    contestants,
    placing,
    pids,
    before,
    began: (name) => progress.show(`comparing: ${NAMES[name]}`),
  });
  progress.clear();
  return { comparison, whyOne: isFree ? why : `only the ${engine} engine was asked for` };
}

/** A link that sends one small message and receives its answer. */
export function contestantOf(name: ChosenEngine['engine'], domain: Domain): Contestant {
  return {
    name,
    // A side that polls needs a processor of its own.
    placements: ['apart'],
    roundTrip: () => domain.request(COMPARED.request as MessageInputOf<'MEM_REQUEST_SET'>),
    woken: () => domain.stats.notified,
  };
}

/** The alternatives: a socket with the same bytes, not encoded again, and process.send with the same object. */
function rivalsOf(second: SecondProcess): readonly Contestant[] {
  const { requestBytes, request } = COMPARED;
  // A sleeping process is woken faster on the processor of the other one.
  const placements = ['apart', 'together'] as const;
  return [
    { name: 'unixSocket', placements, roundTrip: () => second.socket.roundTrip(requestBytes) },
    { name: 'processSend', placements, roundTrip: () => second.ask({ do: 'echo', message: request }) },
  ];
}
