/** What would one use instead? The same 64 bytes, the same windows, the same look at each sequence number, the same echo. */
import { spawnSync } from 'node:child_process';
import type { BenchCase, Ratio } from '../harness/case.ts';
import { ROOT } from '../harness/paths.ts';
import type { Job } from '../peers/job.ts';
import { peerCase } from './peers.ts';

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

export const cases: readonly BenchCase[] = RIVALS.flatMap(({ name, what, job, absent }) => {
  const common = { needsTwoCores: false, ...(absent ? { absent } : {}) };
  return [
    peerCase({
      ...common,
      name: `rtt.${name}`,
      about: `a request and its response: ${what}`,
      job: { ...job, measure: 'rtt' },
    }),
    peerCase({
      ...common,
      name: `stream.${name}`,
      about: `a window of 8 always full: ${what}`,
      job: { ...job, measure: 'stream' },
    }),
  ];
});

export const ratios: readonly Ratio[] = [
  { of: 'rtt.unixSocket', over: 'rtt.await.native', goal: { atLeast: 250 } },
  { of: 'rtt.processSendJson', over: 'rtt.await.native', goal: { atLeast: 350 } },
  ...['processSendAdvanced', 'messageChannel', 'zeromq'].map((rival) => ({
    of: `rtt.${rival}`,
    over: 'rtt.await.native',
  })),
  ...RIVALS.map(({ name }) => ({ of: `stream.${name}`, over: 'stream.await.native' })),
];

/** Tried in a process of its own: what a package's addon does to a process is not to be in this one. */
function whyNot(name: string): string | undefined {
  const args = ['-e', `require(${JSON.stringify(name)})`];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return undefined;
  const reason = /^\w*Error: (.*)/m.exec(stderr)?.[1] ?? stderr.trim().split('\n')[0];
  return `${name} is not installed or does not load here: ${reason}`;
}
