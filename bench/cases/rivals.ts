/** What one would use instead of ctrl-if, each declared once: for the cases, the ratios, the pictures and the README. */
import { spawnSync } from 'node:child_process';
import type { Ratio } from '../harness/case.ts';
import { ROOT } from '../harness/paths.ts';
import type { Job } from '../peers/job.ts';

export interface Rival {
  readonly name: string;
  readonly label: string;
  /** In the table of README.md. */
  readonly inReadme: string;
  /** What can be chosen in it, of which the best counts; the first is measured after a silence. */
  readonly variants: readonly Variant[];
  /** Of its round trip over ours. */
  readonly goal?: Ratio['goal'];
  /** Whether it is measured after a silence. */
  readonly wakes?: boolean;
  /** Why it cannot run here, in a sentence. */
  absent?(): Promise<string | undefined>;
}

interface Variant {
  /** What its rows are called behind `rtt.` and `stream.`. */
  readonly name: string;
  readonly label: string;
  readonly about: string;
  readonly job: Pick<Job, 'transport' | 'serialization'>;
}

/** A rival without a choice. */
const only = (name: string, label: string, about: string, transport: Job['transport']) =>
  ({ name, label, variants: [{ name, label, about, job: { transport } }] }) as const;

const processSend = (name: string, serialization: 'json' | 'advanced'): Variant => ({
  name,
  label: `process.send, ${serialization}`,
  about: `process.send between a process and its child, serialization '${serialization}'`,
  job: { transport: 'process-send', serialization },
});

export const RIVALS: readonly Rival[] = [
  {
    ...only('unixSocket', 'Unix socket', 'node:net over a Unix socket, frames of 64 bytes', 'unix-socket'),
    inReadme: 'Unix socket (`node:net`)',
    goal: { atLeast: 12 },
    wakes: true,
  },
  {
    name: 'processSend',
    label: 'process.send',
    inReadme: '`process.send`',
    variants: [processSend('processSendJson', 'json'), processSend('processSendAdvanced', 'advanced')],
    goal: { atLeast: 17 },
    wakes: true,
  },
  {
    ...only('messageChannel', 'MessageChannel, threads', 'a MessageChannel between threads', 'message-channel'),
    inReadme: '`MessagePort` between threads',
  },
  {
    ...only('zeromq', 'ZeroMQ, ipc', 'ZeroMQ over ipc, two DEALER sockets', 'zeromq'),
    inReadme: 'ZeroMQ over ipc',
    absent: async () => whyNot('zeromq'),
  },
];

/** What the name of a row ends with whose two sides share a core. */
export const ONE_CORE = '.onecore';

/** What a rival takes in either placement, and with whatever is chosen in it. */
export const rowsOf = (family: string, { variants }: Rival): string[] =>
  variants.flatMap(({ name }) => [`${family}.${name}`, `${family}.${name}${ONE_CORE}`]);

/** Tried in a process of its own: what a package's addon does to a process is not to be in this one. */
function whyNot(name: string): string | undefined {
  const args = ['-e', `require(${JSON.stringify(name)})`];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return undefined;
  const reason = /^\w*Error: (.*)/m.exec(stderr)?.[1] ?? stderr.trim().split('\n')[0];
  return `${name} is not installed or does not load here: ${reason}`;
}
