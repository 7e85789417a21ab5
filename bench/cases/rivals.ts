/** What would one use instead? The same 64 bytes, the same windows, the same look at each sequence number, the same echo. */
import { spawnSync } from 'node:child_process';
import type { BenchCase, Ratio } from '../harness/case.ts';
import { ROOT } from '../harness/paths.ts';
import type { Job } from '../peers/job.ts';
import { bothPlacements, ONE_CORE, type PeerCase, peerCase } from './peers.ts';

interface Rival {
  name: string;
  what: string;
  job: Pick<Job, 'transport'> & Partial<Job>;
  absent?: () => Promise<string | undefined>;
}

const RIVALS: readonly Rival[] = [
  {
    name: 'processSendJson',
    what: "process.send between a process and its child, serialization 'json'",
    job: { transport: 'process-send', serialization: 'json' },
  },
  {
    name: 'processSendAdvanced',
    what: "process.send, serialization 'advanced'",
    job: { transport: 'process-send', serialization: 'advanced' },
  },
  { name: 'unixSocket', what: 'node:net over a Unix socket, frames of 64 bytes', job: { transport: 'unix-socket' } },
  { name: 'messageChannel', what: 'a MessageChannel between threads', job: { transport: 'message-channel' } },
  {
    name: 'zeromq',
    what: 'ZeroMQ over ipc (REQ/REP, PUSH/PULL)',
    job: { transport: 'zeromq' },
    absent: async () => whyNot('zeromq'),
  },
];

/** Twenty rows that are far from ours: fewer rounds tell so too. */
const ROUNDS = 6;
const QUICK_ROUNDS = 2;

const inPlace = (one: Omit<PeerCase, 'oneCore'>, oneCore: boolean) => peerCase({ ...one, oneCore });

export const cases: readonly BenchCase[] = RIVALS.flatMap(({ name, what, job, absent }) => {
  const common = { needsTwoCores: false, rounds: ROUNDS, quickRounds: QUICK_ROUNDS, ...(absent ? { absent } : {}) };
  return [
    ...bothPlacements(inPlace, {
      ...common,
      name: `rtt.${name}`,
      about: `a request and its response: ${what}`,
      job: { ...job, measure: 'rtt' },
    }),
    ...bothPlacements(inPlace, {
      ...common,
      name: `stream.${name}`,
      about: `a window of 8 always full: ${what}`,
      job: { ...job, measure: 'stream' },
    }),
  ];
});

/** What `name` takes in either placement. */
const placements = (family: string, ...rivals: readonly string[]) =>
  rivals.flatMap((rival) => [`${family}.${rival}`, `${family}.${rival}${ONE_CORE}`]);

const best = (family: string, name: string, rivals: readonly string[], goal?: Ratio['goal']): Ratio => ({
  of: `${family}.${name}.best`,
  best: placements(family, ...rivals),
  over: `${family}.await.native`,
  ...(goal ? { goal } : {}),
});

const PROCESS_SEND = ['processSendJson', 'processSendAdvanced'];

/** A rival is compared at its best: in the better placement, and process.send with the better serialization. */
export const ratios: readonly Ratio[] = [
  best('rtt', 'unixSocket', ['unixSocket'], { atLeast: 12 }),
  best('rtt', 'processSend', PROCESS_SEND, { atLeast: 17 }),
  best('rtt', 'messageChannel', ['messageChannel']),
  best('rtt', 'zeromq', ['zeromq']),
  best('stream', 'unixSocket', ['unixSocket']),
  best('stream', 'processSend', PROCESS_SEND),
  best('stream', 'messageChannel', ['messageChannel']),
  best('stream', 'zeromq', ['zeromq']),
  best(
    'stream',
    'rival',
    RIVALS.map(({ name }) => name),
  ),
];

/** Tried in a process of its own: what a package's addon does to a process is not to be in this one. */
function whyNot(name: string): string | undefined {
  const args = ['-e', `require(${JSON.stringify(name)})`];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return undefined;
  const reason = /^\w*Error: (.*)/m.exec(stderr)?.[1] ?? stderr.trim().split('\n')[0];
  return `${name} is not installed or does not load here: ${reason}`;
}
