/** The generated tables of docs/performance.md, a section each. */
import type { Ratio } from '../harness/case.ts';
import { percent } from '../harness/calm.ts';
import type { Others } from '../harness/machine.ts';
import type { Report, Row } from '../harness/report.ts';
import { ratioName } from '../harness/stats.ts';
import { doubtsOf } from './doubts.ts';
import { count, duration, goalText, number, times } from './format.ts';
import { isMet } from './goals.ts';
import { type Column, code, table } from './markdown.ts';
import { bestRow, familyOf, labelOf, overLimit, rowNamed, thingOf } from './rows.ts';

export function machineSection({ machine }: Report): string {
  const { date, cpu, cores, pinned, os, arch, virtualized, versions, rounds, quick } = machine;
  const { notPinnedBecause, others, seconds } = machine;
  const facts = [
    ['date', date.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')],
    ['CPU', `${cpu}, ${cores} core${cores === 1 ? '' : 's'}${virtualized ? ', a virtual machine' : ''}`],
    ['pinning', pinned ? `a side each on CPU ${pinned.join(' and ')}` : `none: ${notPinnedBecause ?? 'not said'}`],
    ['system', `${os}, ${arch}`],
    [
      'versions',
      Object.entries(versions)
        .map(([name, version]) => (version.startsWith(name) ? version : `${name} ${version}`))
        .join(', '),
    ],
    ['rounds', quick ? `${rounds}, short (\`--quick\`)` : String(rounds)],
    ...(seconds === undefined ? [] : [['took', `${number(seconds / 60)} minutes`]]),
    ...(others ? [['others used', othersText(others)]] : []),
  ];
  const doubts = doubtsOf(machine);
  const columns: Column<string[]>[] = [
    { title: 'this run', left: true, cell: ([name]) => name },
    { title: '', left: true, cell: ([, value]) => value },
  ];
  const warning = `**Not to be quoted:** ${doubts.join(', ')}.`;
  return [table(facts, columns), ...(doubts.length > 0 ? [warning] : [])].join('\n\n');
}

function othersText({ foreign, stolen, trials, repeated, disturbed }: Others): string {
  const kept = `the hypervisor kept ${percent(stolen)}`;
  return `${percent(foreign)} of the CPU time, ${kept}; of ${trials} trials ${repeated} were run again, ${disturbed} disturbed all the same`;
}

/** All ratios of the run: what has a goal first. */
export function ratiosSection(report: Report, ratios: readonly Ratio[]): string {
  const taken = ratios.flatMap((ratio) => {
    const value = report.ratios[ratioName(ratio)];
    return value === undefined ? [] : [{ ...ratio, value }];
  });
  if (taken.length === 0) return 'This run has no ratios.';
  // Goals are set for two cores; on one they say nothing.
  const { cores } = report.machine;
  const goalOf = ({ goal }: Ratio) => (cores > 1 ? goal : undefined);
  const columns: Column<(typeof taken)[number]>[] = [
    { title: 'cost of', left: true, cell: (ratio) => costOfText(report, ratio) },
    { title: 'over cost of', left: true, cell: ({ over, by }) => (by ? `${code(over)}, by ${code(by)}` : code(over)) },
    { title: 'ratio', cell: ({ value }) => number(value) },
    { title: 'goal', cell: (ratio) => goalOf(ratio) && goalText(goalOf(ratio)!) },
    {
      title: '',
      left: true,
      cell: (ratio) => goalOf(ratio) && (isMet(ratio.value, goalOf(ratio)!) ? 'met' : '**missed**'),
    },
  ];
  return table([...taken.filter(goalOf), ...taken.filter((ratio) => !goalOf(ratio))], columns);
}

/** Of what stands for the best of several, which that was. */
function costOfText(report: Report, { of, best }: Ratio): string {
  const row = best && bestRow(report, best);
  return row ? `${code(of)}: ${code(row.case)}` : code(of);
}

const name: Column<Row> = { title: 'case', left: true, cell: (row) => code(row.case) };
const inPlot: Column<Row> = { title: 'that is', left: true, cell: (row) => labelOf(row.case) };
const times3: readonly Column<Row>[] = (['p50', 'p99', 'p999'] as const).map((key) => ({
  title: key,
  cell: (row) => given(row[key], duration),
}));
const perSecond: Column<Row> = { title: 'messages/s', cell: (row) => given(row.perSecond, count) };
const cpu: Column<Row> = { title: 'CPU time a message', cell: (row) => given(row.cpuNsPerMessage, duration) };
const syscalls: Column<Row> = {
  title: 'system calls a message',
  cell: (row) => given(row.syscallsPerMessage, (value) => value.toFixed(2)),
};
const ofLimit = (report: Report, limit: (row: Row) => string): Column<Row> => ({
  title: 'over the limit',
  cell: (row) => given(overLimit(report, row, limit(row)), times),
});
const more = (title: string, key: string, text: (value: number) => string): Column<Row> => ({
  title,
  cell: (row) => given(row.more?.[key], text),
});

const pausedRows = (report: Report, family: string): ReturnType<RowsOf> => [
  familyOf(report, family),
  [
    name,
    more('the pause was', 'gapUs', (us) => duration(us * 1e3)),
    ...times3.slice(0, 2),
    { ...cpu, title: 'CPU time a request' },
    more('of it the asker', 'askerCpuNs', duration),
    more('the answerer', 'answererCpuNs', duration),
  ],
];

type RowsOf = (report: Report) => readonly [rows: Row[], columns: readonly Column<Row>[]];

const FAMILIES: Readonly<Record<string, RowsOf>> = {
  rtt: (report) => {
    const [p50, ...tails] = times3;
    return [familyOf(report, 'rtt'), [name, inPlot, p50!, ofLimit(report, () => 'rtt.limit'), ...tails, cpu, syscalls]];
  },
  stream: (report) => [
    familyOf(report, 'stream'),
    [name, inPlot, perSecond, ofLimit(report, () => 'stream.limit'), cpu, syscalls],
  ],
  wide: (report) => [
    familyOf(report, 'wide').filter((row) => !row.case.startsWith('wide.limit.')),
    [
      { ...name, cell: (row) => code(row.case) },
      { ...perSecond, title: 'the limit, messages/s', cell: (row) => given(limitOf(report, row)?.perSecond, count) },
      perSecond,
      ofLimit(report, limitNameOf),
      cpu,
    ],
  ],
  codec: (report) => [
    // A name of four parts is one of the 42 messages: those are in the JSON.
    familyOf(report, 'codec').filter((row) => row.case.split('.').length === 3),
    [
      name,
      { title: 'that is', left: true, cell: (row) => row.case.split('.').slice(1).map(thingOf).reverse().join(', ') },
      { title: 'time a message', cell: (row) => given(row.p50, duration) },
      more('allocated a message', 'bytesPerMessage', (value) => `${number(value)} B`),
    ],
  ],
  open: (report) => [
    familyOf(report, 'open'),
    [
      name,
      ...times3,
      ...(['guest', 'controller'] as const).flatMap((side) => [
        more(`${side} RSS`, `${side}RssBytes`, kibibytes),
        more(`${side} heap`, `${side}HeapBytes`, kibibytes),
      ]),
    ],
  ],
  warmup: (report) => [
    familyOf(report, 'warmup'),
    [
      name,
      { title: 'time of a request', cell: (row) => given(row.p50, duration) },
      { title: 'over the settled one', cell: (row) => given(overLimit(report, row, settledNameOf(row)), times) },
      more('settled after', 'settledAfter', (requests) => `${number(requests)} requests`),
    ],
  ],
  wakeup: (report) => pausedRows(report, 'wakeup'),
  gap: (report) => pausedRows(report, 'gap'),
  asleep: (report) => [
    familyOf(report, 'asleep'),
    [
      name,
      ...times3.slice(0, 2),
      ofLimit(report, () => 'asleep.limit'),
      cpu,
      more('doorbells a message', 'doorbellsPerMessage', number),
    ],
  ],
  idle: (report) => [
    familyOf(report, 'idle'),
    [
      name,
      more('seconds', 'seconds', number),
      more('CPU time of both', 'cpuNs', duration),
      more('context switches', 'switches', number),
    ],
  ],
  scale: (report) => [
    familyOf(report, 'scale'),
    [
      name,
      ...times3.slice(0, 2),
      more("the controller's CPU time a message", 'controllerCpuNs', duration),
      more('its heap a guest', 'heapBytesPerGuest', kibibytes),
      more('its RSS a guest', 'rssBytesPerGuest', kibibytes),
      more('its descriptors a guest', 'descriptorsPerGuest', number),
    ],
  ],
  machine: (report) => [
    familyOf(report, 'machine'),
    [
      name,
      ...times3,
      more('longest', 'longest', duration),
      more('devices', 'devices', number),
      more('all domains created in', 'createMs', (ms) => duration(ms * 1e6)),
      more('idle CPU time in 10 s', 'cpuNs', duration),
      more('idle context switches', 'switches', number),
    ],
  ],
};

export const ROW_FAMILIES = Object.keys(FAMILIES);

/** The rows of a family, then what their notes say, each once. */
export function rowsSection(report: Report, family: string): string {
  const [rows, columns] = FAMILIES[family]!(report);
  if (rows.length === 0) return `This run has no \`${family}\` rows.`;
  const notes = new Map<string, string[]>();
  for (const { case: of, note } of rows) if (note) notes.set(note, [...(notes.get(note) ?? []), of]);
  const said = [...notes].map(([note, of]) =>
    of.length === rows.length ? note : `${of.map(code).join(', ')}: ${note}`,
  );
  // A median bears a disturbed round; it does not bear half of them.
  const marked = rows
    .filter(({ disturbed }) => disturbed && disturbed.rounds * 2 >= disturbed.of)
    .map(({ case: of, disturbed }) => `${code(of)} (${disturbed!.rounds} of ${disturbed!.of} rounds)`);
  if (marked.length > 0) said.push(`**Disturbed by other work:** ${marked.join(', ')}`);
  return [table(rows, columns), ...said.map((text) => `${text.replace(/\.$/, '')}.`)].join('\n\n');
}

export function absentSection({ absent }: Report): string {
  if (absent.length === 0) return 'Every case could be measured.';
  return absent.map(({ case: of, why }) => `- \`${of}\`: ${why}`).join('\n');
}

function given(value: number | null | undefined, text: (value: number) => string): string | undefined {
  return value === null || value === undefined ? undefined : text(value);
}

const settledNameOf = (row: Row) => row.case.replace(/\.\w+$/, '.settled');
const limitNameOf = (row: Row) => row.case.replace(/^wide\.\w+/, 'wide.limit');
const limitOf = (report: Report, row: Row) => rowNamed(report, limitNameOf(row));
const kibibytes = (bytes: number) => `${number(bytes / 1024)} KiB`;
