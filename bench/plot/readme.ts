/** The generated table of README.md: what a message takes here and over what people use now. */
import { ONE_CORE } from '../cases/peers.ts';
import type { Report, Row } from '../harness/report.ts';
import { doubtsOf } from './doubts.ts';
import { count, duration, number } from './format.ts';
import { type Column, table } from './markdown.ts';
import { bestRow } from './rows.ts';

interface Way {
  readonly name: string;
  /** What its rows are called behind `rtt.` and `stream.`; the best of several stands for it. */
  readonly rows: readonly string[];
  /** Its rows are there for one core as well, and the better placement counts. */
  readonly placed: boolean;
}

const ours = (name: string, row: string): Way => ({ name, rows: [row], placed: false });
const rival = (name: string, ...rows: readonly string[]): Way => ({ name, rows, placed: true });

const WAYS: readonly Way[] = [
  ours('ctrl-if, native', 'await.native'),
  ours('ctrl-if, pure JavaScript', 'await.file'),
  rival('Unix socket (`node:net`)', 'unixSocket'),
  rival('`process.send`', 'processSendJson', 'processSendAdvanced'),
  rival('`MessagePort` between threads', 'messageChannel'),
  rival('ZeroMQ over ipc', 'zeromq'),
];

interface Line {
  readonly name: string;
  readonly rtt: Row | undefined;
  readonly stream: Row | undefined;
}

export function readmeSection(report: Report): string {
  const lines = WAYS.map(({ name, rows, placed }): Line => {
    const best = (family: string) => {
      const names = rows.flatMap((row) => [`${family}.${row}`, ...(placed ? [`${family}.${row}${ONE_CORE}`] : [])]);
      return bestRow(report, names);
    };
    return { name, rtt: best('rtt'), stream: best('stream') };
  }).filter(({ rtt, stream }) => rtt || stream);
  if (lines.length === 0) return 'This run has no `rtt` and no `stream` rows.';
  const columns: Column<Line>[] = [
    { title: '', left: true, cell: ({ name }) => name },
    { title: 'round trip, p50', cell: ({ rtt }) => placed(rtt, rtt?.p50, duration) },
    { title: 'p99', cell: ({ rtt }) => placed(undefined, rtt?.p99, duration) },
    { title: 'its CPU time', cell: ({ rtt }) => placed(undefined, rtt?.cpuNsPerMessage, microseconds) },
    { title: 'messages/s, 8 under way', cell: ({ stream }) => placed(stream, stream?.perSecond, count) },
    { title: 'CPU time a message', cell: ({ stream }) => placed(undefined, stream?.cpuNsPerMessage, microseconds) },
  ];
  return [table(lines, columns), conditions(report)].join('\n\n');
}

/** The figure, and where it is not the placement of all the others, which. */
function placed(row: Row | undefined, value: number | null | undefined, text: (value: number) => string) {
  if (value === null || value === undefined) return undefined;
  return row?.case.endsWith(ONE_CORE) ? `${text(value)}, one core` : text(value);
}

function microseconds(ns: number): string {
  return `${number(ns / 1000)} µs`;
}

function conditions({ machine, rows }: Report): string {
  const { date, cpu, cores, virtualized, versions, rounds } = machine;
  const doubts = doubtsOf(machine);
  const inBoth = rows.some(({ case: name }) => /^(rtt|stream)\./.test(name) && name.endsWith(ONE_CORE));
  return [
    'A request of 64 bytes and its response, both sides warm and on a core each.',
    inBoth
      ? 'Rivals stand here in the placement that is better for them: *one core* says that both sides shared one.'
      : 'This run has no rival with both sides on one core, which is where some of them do better.',
    'CPU time is that of both sides.',
    `Medians of up to ${rounds} rounds on ${cpu}, ${cores} cores${virtualized ? ', a virtual machine' : ''}, Node ${versions.node}, ${date.slice(0, 10)}.`,
    'How that is measured, and the rest: [docs/performance.md](docs/performance.md).',
    ...(doubts.length > 0 ? [`**Not to be quoted:** ${doubts.join(', ')}.`] : []),
  ].join(' ');
}
