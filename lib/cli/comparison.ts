/** The engines, and what one would use instead, between this process and a second one. */
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

/** Milliseconds in which both processes are quiet, to see what others do. */
const QUIET = 200;
/** A small message that a guest may answer at once. */
const COMPARED = sampleOf(SEED_MESSAGES.find(({ name }) => name === 'MEM_REQUEST_SET')!);

/** Also says why an engine is missing, where one is. */
export async function compareWith(
  second: SecondProcess,
  { engine, why }: ChosenEngine,
  progress: Progress,
): Promise<{ comparison: Comparison; whyOne: string }> {
  // Whoever asks for one engine has a reason.
  const isFree = (process.env.CTRL_IF_ENGINE || 'auto') === 'auto';
  const contestants: Contestant[] = [];
  for (const name of isFree && engine === 'native' ? (['native', 'file'] as const) : [engine]) {
    contestants.push(contestantOf(name, await second.link(name)));
  }
  contestants.push(...rivalsOf(second));
  progress.show('comparing: looking at the processors');
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

/** A link on one small message and its answer. */
export function contestantOf(name: ChosenEngine['engine'], domain: Domain): Contestant {
  return {
    name,
    // Who waits awake needs a processor of its own.
    placements: ['apart'],
    roundTrip: () => domain.request(COMPARED.request as MessageInputOf<'MEM_REQUEST_SET'>),
    woken: () => domain.stats.notified,
  };
}

/** What one would use instead: the same bytes, which nobody encodes, and the same object. */
function rivalsOf(second: SecondProcess): readonly Contestant[] {
  const { requestBytes, request } = COMPARED;
  // Sleepers wake each other faster on one processor than on two.
  const placements = ['apart', 'together'] as const;
  return [
    { name: 'unixSocket', placements, roundTrip: () => second.socket.roundTrip(requestBytes) },
    { name: 'processSend', placements, roundTrip: () => second.ask({ do: 'echo', message: request }) },
  ];
}
